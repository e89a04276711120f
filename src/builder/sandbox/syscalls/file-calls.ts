// System calls on files relative to a directory descriptor, so that no name is ever resolved through a link (openat(2)).
import { fromBuffer, type ByteString } from '../../../core/bytes.js';
import { cString, isSystemCallError, type Binding, type Name } from './binding.js';

export const AT_FDCWD = -100;
const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_EMPTY_PATH = 0x1000;

export const O_RDONLY = 0;
export const O_WRONLY = 1;
export const O_CREAT = 0o100;
export const O_EXCL = 0o200;
const O_CLOEXEC = 0o2000000;
export const O_PATH = 0o10000000;
// The two that differ between the supported machines (asm/fcntl.h).
export const O_DIRECTORY = process.arch === 'arm64' ? 0o40000 : 0o200000;
export const O_NOFOLLOW = process.arch === 'arm64' ? 0o100000 : 0o400000;

/** The kernel's limit for the list and for one value (linux/limits.h XATTR_LIST_MAX, XATTR_SIZE_MAX). */
const XATTR_MAX = 65536;

export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;

export interface Timestamp {
  /** Whole seconds since the epoch. */
  readonly seconds: number;
  readonly nanoseconds: number;
}

export interface FileCalls {
  /** A close-on-exec descriptor. */
  openat(dir: number, name: Name, flags: number, mode?: number): number;
  mkdirat(dir: number, name: Name, mode: number): void;
  unlinkat(dir: number, name: Name, flags: number): void;
  symlinkat(text: Name, dir: number, name: Name): void;
  linkat(fromDir: number, from: Name, toDir: number, to: Name): void;
  renameat(fromDir: number, from: Name, toDir: number, to: Name): void;
  /** `mode` includes the type (S_IFIFO, S_IFCHR). Device 0:0 is the overlay whiteout, allowed to everyone. */
  mknodat(dir: number, name: Name, mode: number, device: number): void;
  /** Text of a link, undefined when `name` is not a link. */
  readlinkat(dir: number, name: Name): ByteString | undefined;
  /** Never follows a link. */
  lchownat(dir: number, name: Name, uid: number, gid: number): void;
  /** Modification and access time; never follows a link. */
  utimensat(dir: number, name: Name, times: { readonly atime?: Timestamp; readonly mtime: Timestamp }): void;
  /** Names and values, of a path (never following a link) or an open file; an object that cannot have any has none. */
  listXattrs(object: string | Buffer | number): Record<string, ByteString>;
  setXattr(fd: number, name: Name, value: ByteString): void;
  removeXattr(fd: number, name: Name): void;
  /** False when somebody else holds the lock and `operation` has LOCK_NB. */
  flock(fd: number, operation: number): boolean;
}

export function fileCalls(binding: Binding): FileCalls {
  return { ...directoryCalls(binding), ...xattrCalls(binding), flock: flockCall(binding) };
}

function directoryCalls(
  binding: Binding,
): Omit<FileCalls, 'listXattrs' | 'setXattr' | 'removeXattr' | 'flock'> {
  const openat = binding.define('int openat(int dir, const char *name, int flags, uint mode)');
  const mkdirat = binding.define('int mkdirat(int dir, const char *name, uint mode)');
  const unlinkat = binding.define('int unlinkat(int dir, const char *name, int flags)');
  const symlinkat = binding.define('int symlinkat(const char *text, int dir, const char *name)');
  const linkat = binding.define('int linkat(int a, const char *from, int b, const char *to, int flags)');
  const renameat = binding.define('int renameat(int a, const char *from, int b, const char *to)');
  // mknodat has a symbol in glibc only since 2.33.
  const mknodat = binding.raw('mknodat', { x64: 259, arm64: 33 }, ['int', 'const char *', 'uint', 'uint']);
  const readlinkat = binding.define('long readlinkat(int dir, const char *name, void *buffer, size_t size)');
  const fchownat = binding.define('int fchownat(int dir, const char *name, uint uid, uint gid, int flags)');
  const utimensat = binding.define('int utimensat(int dir, const char *name, void *times, int flags)');
  return {
    openat: (dir, name, flags, mode = 0) => openat(dir, cString(name), flags | O_CLOEXEC, mode),
    mkdirat: (dir, name, mode) => void mkdirat(dir, cString(name), mode),
    unlinkat: (dir, name, flags) => void unlinkat(dir, cString(name), flags),
    symlinkat: (text, dir, name) => void symlinkat(cString(text), dir, cString(name)),
    linkat: (fromDir, from, toDir, to) => void linkat(fromDir, cString(from), toDir, cString(to), 0),
    renameat: (fromDir, from, toDir, to) => void renameat(fromDir, cString(from), toDir, cString(to)),
    mknodat: (dir, name, mode, device) => void mknodat(dir, cString(name), mode, device),
    readlinkat: (dir, name) => {
      const buffer = Buffer.alloc(4096);
      try {
        return fromBuffer(buffer.subarray(0, readlinkat(dir, cString(name), buffer, buffer.length)));
      } catch (error) {
        if (isSystemCallError(error, 'EINVAL')) return undefined;
        throw error;
      }
    },
    lchownat: (dir, name, uid, gid) => void fchownat(dir, cString(name), uid, gid, AT_SYMLINK_NOFOLLOW),
    utimensat: (dir, name, times) =>
      void utimensat(
        dir,
        cString(name),
        timespecs(times.atime ?? times.mtime, times.mtime),
        AT_SYMLINK_NOFOLLOW,
      ),
  };
}

function timespecs(atime: Timestamp, mtime: Timestamp): Uint8Array {
  const words = new BigInt64Array(
    [atime.seconds, atime.nanoseconds, mtime.seconds, mtime.nanoseconds].map(BigInt),
  );
  return new Uint8Array(words.buffer);
}

function xattrCalls(binding: Binding): Pick<FileCalls, 'listXattrs' | 'setXattr' | 'removeXattr'> {
  const ofPath = {
    list: binding.define('long llistxattr(const char *path, void *buffer, size_t size)'),
    get: binding.define('long lgetxattr(const char *path, const char *name, void *buffer, size_t size)'),
  };
  const ofFile = {
    list: binding.define('long flistxattr(int fd, void *buffer, size_t size)'),
    get: binding.define('long fgetxattr(int fd, const char *name, void *buffer, size_t size)'),
  };
  const set = binding.define(
    'int fsetxattr(int fd, const char *name, const void *value, size_t size, int flags)',
  );
  const remove = binding.define('int fremovexattr(int fd, const char *name)');
  const names = Buffer.alloc(XATTR_MAX);
  const value = Buffer.alloc(XATTR_MAX);
  return {
    listXattrs(object) {
      const { list, get } = typeof object === 'number' ? ofFile : ofPath;
      const where = Buffer.isBuffer(object) ? Buffer.concat([object, Buffer.alloc(1)]) : object;
      const found: Record<string, ByteString> = {};
      // Most objects have none, and a call without a buffer costs half.
      if (unlessUnsupported(() => list(where, null, 0)) === 0) return found;
      const length = list(where, names, names.length);
      for (const name of names.toString('latin1', 0, length).split('\0').slice(0, -1)) {
        found[name] = fromBuffer(value.subarray(0, get(where, cString(name), value, value.length)));
      }
      return found;
    },
    setXattr: (fd, name, data) => void set(fd, cString(name), Buffer.from(data, 'latin1'), data.length, 0),
    removeXattr: (fd, name) => void remove(fd, cString(name)),
  };
}

function unlessUnsupported(list: () => number): number {
  try {
    return list();
  } catch (error) {
    if (isSystemCallError(error, 'ENOTSUP', 'EOPNOTSUPP')) return 0;
    throw error;
  }
}

function flockCall(binding: Binding): FileCalls['flock'] {
  const flock = binding.define('int flock(int fd, int operation)');
  return (fd, operation) => {
    try {
      flock(fd, operation);
      return true;
    } catch (error) {
      if (isSystemCallError(error, 'EAGAIN', 'EWOULDBLOCK')) return false;
      throw error;
    }
  };
}
