// System calls of a supervisor on files inside the root of another process. A negative result is an errno.
import type { ByteString } from '../../core/bytes.js';
import type { Binding } from './binding.js';
import { AT_EMPTY_PATH } from './file-calls.js';
import { makingFor, type MakingFor } from './making-for.js';
import { FSTATAT } from '../stat-layout.js';

/** struct statfs, which begins with the type. */
const STATFS_BYTES = 120;

const O_CLOEXEC = 0o2000000;
const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_IN_ROOT = 0x10n;
const EAGAIN = -11;
const RETRIES = 16;
const UTIME_OMIT = 0x3ffffffen;
const UTIME_NOW = 0x3fffffffn;

/** A C string, or bytes with their final NUL. */
export type Path = string | Uint8Array;

export interface InodeCalls {
  /** Resolves with `root` as `/` and without magic links (openat2(2)). */
  openInRoot(root: number, path: Path, flags: number): number;
  open(dir: number, name: Path, flags: number, mode: number): number;
  makeDirectory(dir: number, name: Path, mode: number): number;
  makeNode(dir: number, name: Path, mode: number): number;
  makeLink(text: Path, dir: number, name: Path): number;
  /** Gives the object to id 0 of this namespace, with what chown(2) does besides. */
  takeOwnership(fd: number): number;
  readonly makingFor: MakingFor;
  unlink(dir: number, name: Path): number;
  changeMode(fd: number, mode: number): number;
  close(fd: number): void;
  read(fd: number, into: Buffer): number;
  /** struct stat, or struct statx, of an open object. */
  stat(fd: number, into: Buffer): number;
  statx(fd: number, flags: number, mask: number, into: Buffer): number;
  /** The magic number of the file system of an open object (linux/magic.h), or a negative errno. */
  fileSystemOf(fd: number): number;
  /** Of the object that the path leads to. @returns bytes read, or a negative errno */
  getXattr(path: Path, name: string, into: Buffer): number;
  setXattr(path: Path, name: string, value: ByteString): number;
  removeXattr(path: Path, name: string): number;
  listXattr(path: Path, into: Buffer): number;
  /** Sets times of an open object of any type. An absent time stays; `now` is the time of the clock. */
  setTimes(fd: number, times: { readonly atime?: TimeChange; readonly mtime?: TimeChange }): number;
}

export type TimeChange = 'now' | { readonly seconds: bigint; readonly nanoseconds: bigint };

export function inodeCalls(binding: Binding): InodeCalls {
  const openat2 = binding.attempt('openat2', 437, ['int', 'const char *', 'void *', 'ulong']);
  const openat = binding.attempt('openat', { x64: 257, arm64: 56 }, ['int', 'const char *', 'int', 'uint']);
  const mkdirat = binding.attempt('mkdirat', { x64: 258, arm64: 34 }, ['int', 'const char *', 'uint']);
  const mknodat = binding.attempt('mknodat', { x64: 259, arm64: 33 }, [
    'int',
    'const char *',
    'uint',
    'uint',
  ]);
  const symlinkat = binding.attempt('symlinkat', { x64: 266, arm64: 36 }, [
    'const char *',
    'int',
    'const char *',
  ]);
  const fchownat = binding.attempt('fchownat', { x64: 260, arm64: 54 }, [
    'int',
    'const char *',
    'uint',
    'uint',
    'int',
  ]);
  const unlinkat = binding.attempt('unlinkat', { x64: 263, arm64: 35 }, ['int', 'const char *', 'int']);
  const fchmod = binding.attempt('fchmod', { x64: 91, arm64: 52 }, ['int', 'uint']);
  const close = binding.attempt('close', { x64: 3, arm64: 57 }, ['int']);
  const read = binding.attempt('read', { x64: 0, arm64: 63 }, ['int', 'void *', 'ulong']);
  const fstatat = binding.attempt('newfstatat', FSTATAT, ['int', 'const char *', 'void *', 'int']);
  const statx = binding.attempt('statx', { x64: 332, arm64: 291 }, [
    'int',
    'const char *',
    'int',
    'uint',
    'void *',
  ]);
  const fstatfs = binding.attempt('fstatfs', { x64: 138, arm64: 44 }, ['int', 'void *']);
  const utimensat = binding.attempt('utimensat', { x64: 280, arm64: 88 }, [
    'int',
    'const char *',
    'void *',
    'int',
  ]);
  const how = Buffer.alloc(24);
  const times = Buffer.alloc(32);
  const fileSystem = Buffer.alloc(STATFS_BYTES);
  return {
    ...xattrCalls(binding),
    makingFor: makingFor(binding),
    openInRoot(root, path, flags) {
      how.writeBigUInt64LE(BigInt(flags | O_CLOEXEC));
      how.writeBigUInt64LE(RESOLVE_IN_ROOT | RESOLVE_NO_MAGICLINKS, 16);
      let fd = openat2(root, path, how, how.length);
      // Something was renamed or mounted meanwhile.
      for (let i = 0; fd === EAGAIN && i < RETRIES; i++) fd = openat2(root, path, how, how.length);
      return fd;
    },
    open: (dir, name, flags, mode) => openat(dir, name, flags | O_CLOEXEC, mode),
    makeDirectory: mkdirat,
    makeNode: (dir, name, mode) => mknodat(dir, name, mode, 0),
    makeLink: symlinkat,
    takeOwnership: (fd) => fchownat(fd, '', 0, 0, AT_EMPTY_PATH),
    unlink: (dir, name) => unlinkat(dir, name, 0),
    changeMode: fchmod,
    close: (fd) => void close(fd),
    read: (fd, into) => read(fd, into, into.length),
    stat: (fd, into) => fstatat(fd, '', into, AT_EMPTY_PATH),
    statx: (fd, flags, mask, into) => statx(fd, '', flags | AT_EMPTY_PATH, mask, into),
    fileSystemOf(fd) {
      const result = fstatfs(fd, fileSystem);
      return result < 0 ? result : fileSystem.readUInt32LE(0);
    },
    setTimes(fd, { atime, mtime }) {
      [atime, mtime].forEach((time, i) => {
        times.writeBigInt64LE(typeof time === 'object' ? time.seconds : 0n, i * 16);
        times.writeBigInt64LE(nanosecondsOf(time), i * 16 + 8);
      });
      return utimensat(fd, '', times, AT_EMPTY_PATH);
    },
  };
}

function nanosecondsOf(time: TimeChange | undefined): bigint {
  if (time === undefined) return UTIME_OMIT;
  return time === 'now' ? UTIME_NOW : time.nanoseconds;
}

type XattrCalls = Pick<InodeCalls, 'getXattr' | 'setXattr' | 'removeXattr' | 'listXattr'>;

function xattrCalls(binding: Binding): XattrCalls {
  const name = ['const char *', 'const char *'];
  const getxattr = binding.attempt('getxattr', { x64: 191, arm64: 8 }, [...name, 'void *', 'ulong']);
  const setxattr = binding.attempt('setxattr', { x64: 188, arm64: 5 }, [...name, 'void *', 'ulong', 'int']);
  const removexattr = binding.attempt('removexattr', { x64: 197, arm64: 14 }, name);
  const listxattr = binding.attempt('listxattr', { x64: 194, arm64: 11 }, [
    'const char *',
    'void *',
    'ulong',
  ]);
  return {
    getXattr: (path, key, into) => getxattr(path, key, into, into.length),
    setXattr: (path, key, value) => setxattr(path, key, Buffer.from(value, 'latin1'), value.length, 0),
    removeXattr: removexattr,
    listXattr: (path, into) => listxattr(path, into, into.length),
  };
}
