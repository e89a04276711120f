// lstat(2), fstat(2) and open(2) for many files. Node makes four dates and a dozen numbers for each status, which takes
// several times as long as the call: so from some thousand files on the calls are made by koffi, where that is
// installed. Both give the same.
import { fstatSync, lstatSync, openSync, type BigIntStats } from 'node:fs';
import { toPath, type ByteString } from '../core/bytes.js';
import { loadBinary, type Koffi } from './load-koffi.js';
import type { OpenDirectory } from './open-directories.js';
import { FSTAT, FSTATAT, OPENAT, STAT_LAYOUT } from './stat-layout.js';

/** Members of `fs.BigIntStats`. */
export interface FileStatus {
  readonly dev: bigint;
  readonly ino: bigint;
  readonly rdev: bigint;
  readonly size: bigint;
  readonly mtimeNs: bigint;
  readonly ctimeNs: bigint;
  /** With the type. */
  readonly mode: number;
  readonly nlink: number;
}

export interface FileCalls {
  /** The status of an entry of a directory; a link is not followed. Throws what `fs.lstatSync` throws. */
  status(directory: OpenDirectory, name: ByteString): FileStatus;
  /** Throws what `fs.fstatSync` throws. */
  statusOfOpen(fd: number): FileStatus;
  /** Opens an entry of a directory. `flags`: of open(2). Throws what `fs.openSync` throws. */
  open(directory: OpenDirectory, name: ByteString, flags: number): number;
}

/** So many calls save about the time that it takes to load koffi. */
const CALLS_OF_NODE = 3000;

export interface FileCallsOptions {
  /** How many calls are left to Node. */
  readonly callsOfNode?: number;
  readonly load?: () => NativeCalls | undefined;
}

export function createFileCalls({
  callsOfNode = CALLS_OF_NODE,
  load = loadNativeCalls,
}: FileCallsOptions = {}): FileCalls {
  let calls = 0;
  let native: NativeCalls | undefined;
  /** Undefined as long as Node is to be asked. */
  function nativeCalls(): NativeCalls | undefined {
    if (calls === callsOfNode) native = load();
    calls++;
    return native;
  }
  return {
    // What fails is left to Node, whose errors say why.
    status: (directory, name) =>
      nativeCalls()?.lstat(directory, name) ?? statusOf(lstatSync(pathOf(directory, name), WITH_NANOSECONDS)),
    statusOfOpen: (fd) => nativeCalls()?.fstat(fd) ?? statusOf(fstatSync(fd, WITH_NANOSECONDS)),
    open: (directory, name, flags) =>
      nativeCalls()?.open(directory, name, flags) ?? openSync(pathOf(directory, name), flags),
  };
}

const WITH_NANOSECONDS = { bigint: true } as const;

function pathOf({ place }: OpenDirectory, name: ByteString): string | Buffer {
  return toPath(`${place}${name}` as ByteString);
}

function statusOf({ dev, ino, rdev, size, mtimeNs, ctimeNs, mode, nlink }: BigIntStats): FileStatus {
  return { dev, ino, rdev, size, mtimeNs, ctimeNs, mode: Number(mode), nlink: Number(nlink) };
}

/** Undefined: the call failed, or cannot be made so. */
export interface NativeCalls {
  lstat(directory: OpenDirectory, name: ByteString): FileStatus | undefined;
  fstat(fd: number): FileStatus | undefined;
  open(directory: OpenDirectory, name: ByteString, flags: number): number | undefined;
}

const AT_SYMLINK_NOFOLLOW = 0x100;
/** O_CLOEXEC, which Node adds by itself. */
const O_CLOEXEC = 0o2000000;

/** Undefined on machines that they are not known for, and where the binary of koffi is not found. */
export function loadNativeCalls(): NativeCalls | undefined {
  const { platform, arch } = process;
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) return undefined;
  const koffi = loadBinary();
  return koffi && nativeCallsOf(koffi, { fstat: FSTAT[arch], fstatat: FSTATAT[arch], openat: OPENAT[arch] });
}

type SystemCall = (...args: readonly (number | string | Uint8Array)[]) => number | bigint;

function nativeCallsOf(
  koffi: Koffi,
  numbers: { readonly fstatat: number; readonly fstat: number; readonly openat: number },
): NativeCalls {
  const library = koffi.load(null);
  const types = ['long', 'int', 'const char *', 'void *', 'int'];
  const fstatat: SystemCall = library.func('syscall', 'long', types);
  const fstat: SystemCall = library.func('syscall', 'long', ['long', 'int', 'void *']);
  const openat: SystemCall = library.func('syscall', 'long', ['long', 'int', 'const char *', 'int', 'int']);
  const longs = new BigInt64Array(STAT_LAYOUT.bytes / 8);
  const stat = new Uint8Array(longs.buffer);
  const ints = new Uint32Array(longs.buffer);
  return {
    lstat({ fd }, name) {
      if (fd === undefined || !isPlainText(name)) return undefined;
      const result = fstatat(numbers.fstatat, fd, name, stat, AT_SYMLINK_NOFOLLOW);
      return result === 0 ? statusIn(longs, ints) : undefined;
    },
    fstat: (fd) => (fstat(numbers.fstat, fd, stat) === 0 ? statusIn(longs, ints) : undefined),
    open({ fd }, name, flags) {
      if (fd === undefined || !isPlainText(name)) return undefined;
      const opened = Number(openat(numbers.openat, fd, name, flags | O_CLOEXEC, 0));
      return opened < 0 ? undefined : opened;
    },
  };
}

/** Whether C gets the same bytes: other characters would be passed on as UTF-8, and nothing behind a NUL. */
function isPlainText(name: ByteString): boolean {
  return /^[\x01-\x7f]+$/.test(name);
}

const NS_PER_S = 1_000_000_000n;

/** A struct stat. The supported machines are little-endian. */
function statusIn(longs: BigInt64Array, ints: Uint32Array): FileStatus {
  const { dev, ino, rdev, size, mtime, ctime, mode, nlink } = STAT_LAYOUT;
  return {
    dev: longs[dev / 8]!,
    ino: longs[ino / 8]!,
    rdev: longs[rdev / 8]!,
    size: longs[size / 8]!,
    mtimeNs: longs[mtime / 8]! * NS_PER_S + longs[mtime / 8 + 1]!,
    ctimeNs: longs[ctime / 8]! * NS_PER_S + longs[ctime / 8 + 1]!,
    mode: ints[mode / 4]!,
    nlink: ints[nlink / 4]!,
  };
}
