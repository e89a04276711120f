// What lstat(2) and fstat(2) say of files. Node makes four dates and a dozen numbers for each, which takes several times as long as the call:
// so from some thousand files on the call is made by koffi, where that is installed. Both say the same.
import { fstatSync, lstatSync, type BigIntStats } from 'node:fs';
import { loadBinary, type Koffi } from './load-koffi.js';
import { FSTAT, FSTATAT, STAT_LAYOUT } from './stat-layout.js';

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

export interface FileStatuses {
  /** Of an object, which is not followed when it is a link. Throws what `fs.lstatSync` throws. */
  of(path: string | Buffer): FileStatus;
  /** Throws what `fs.fstatSync` throws. */
  ofOpen(fd: number): FileStatus;
}

/** Loading koffi takes about as long as is saved in so many. */
const CALLS_OF_NODE = 3000;

export interface FileStatusesOptions {
  /** How many calls are left to Node. */
  readonly callsOfNode?: number;
  readonly load?: () => NativeCalls | undefined;
}

export function createFileStatuses({
  callsOfNode = CALLS_OF_NODE,
  load = loadNativeCalls,
}: FileStatusesOptions = {}): FileStatuses {
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
    of: (path) => nativeCalls()?.lstat(path) ?? statusOf(lstatSync(path, WITH_NANOSECONDS)),
    ofOpen: (fd) => nativeCalls()?.fstat(fd) ?? statusOf(fstatSync(fd, WITH_NANOSECONDS)),
  };
}

const WITH_NANOSECONDS = { bigint: true } as const;

function statusOf({ dev, ino, rdev, size, mtimeNs, ctimeNs, mode, nlink }: BigIntStats): FileStatus {
  return { dev, ino, rdev, size, mtimeNs, ctimeNs, mode: Number(mode), nlink: Number(nlink) };
}

/** Undefined: the call failed, or cannot be made so. */
export interface NativeCalls {
  lstat(path: string | Buffer): FileStatus | undefined;
  fstat(fd: number): FileStatus | undefined;
}

const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;

/** Undefined on machines that they are not known for, and where the binary of koffi is not found. */
export function loadNativeCalls(): NativeCalls | undefined {
  const { platform, arch } = process;
  if (platform !== 'linux' || (arch !== 'x64' && arch !== 'arm64')) return undefined;
  const koffi = loadBinary();
  return koffi && nativeCallsOf(koffi, { fstat: FSTAT[arch], fstatat: FSTATAT[arch] });
}

type SystemCall = (...args: readonly (number | string | Uint8Array)[]) => number | bigint;

function nativeCallsOf(
  koffi: Koffi,
  numbers: { readonly fstatat: number; readonly fstat: number },
): NativeCalls {
  const library = koffi.load(null);
  const types = ['long', 'int', 'const char *', 'void *', 'int'];
  const fstatat: SystemCall = library.func('syscall', 'long', types);
  const fstat: SystemCall = library.func('syscall', 'long', ['long', 'int', 'void *']);
  const longs = new BigInt64Array(STAT_LAYOUT.bytes / 8);
  const stat = new Uint8Array(longs.buffer);
  const ints = new Uint32Array(longs.buffer);
  return {
    lstat(path) {
      if (typeof path !== 'string' || path.includes('\0')) return undefined;
      const result = fstatat(numbers.fstatat, AT_FDCWD, path, stat, AT_SYMLINK_NOFOLLOW);
      return result === 0 ? statusIn(longs, ints) : undefined;
    },
    fstat: (fd) => (fstat(numbers.fstat, fd, stat) === 0 ? statusIn(longs, ints) : undefined),
  };
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
