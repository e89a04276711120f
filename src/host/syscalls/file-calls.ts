// System calls on files relative to a directory descriptor, so that no name is ever resolved through a link
// (openat(2)).
import { fromBuffer, type ByteString, type Text } from '../../core/bytes.js';
import { cString, isSystemCallError, type AttributeName, type Binding, type Name } from './binding.js';
import { lookUpCalls, type LookUpCalls } from './look-up-calls.js';
import { O_CLOEXEC, O_PATH } from './open-flags.js';
import { statusIn, type ObjectStatus, type Timestamp } from './object-status.js';
import { FSTAT, STAT_LAYOUT } from '../stat-layout.js';

/** linux/fs.h */
const RENAME_NOREPLACE = 1;
export const AT_FDCWD = -100;
export const AT_SYMLINK_NOFOLLOW = 0x100;
export const AT_REMOVEDIR = 0x200;
export const AT_EMPTY_PATH = 0x1000;

/** The kernel's limit for the list and for one value (linux/limits.h XATTR_LIST_MAX, XATTR_SIZE_MAX). */
const XATTR_MAX = 65536;

export interface FileCalls extends LookUpCalls {
  /** A close-on-exec descriptor. */
  openat(dir: number, name: Name, flags: number, mode?: number): number;
  close(fd: number): void;
  status(fd: number): ObjectStatus;
  /** All of the bytes. */
  write(fd: number, bytes: Uint8Array): void;
  fchmod(fd: number, mode: number): void;
  fchown(fd: number, uid: number, gid: number): void;
  /** access(2) with X_OK. */
  isExecutable(path: Name): boolean;
  /** Following links; undefined when there is nothing, or nothing that this process can see. */
  typeOf(path: Name): ObjectStatus['type'] | undefined;
  mkdirat(dir: number, name: Name, mode: number): void;
  unlinkat(dir: number, name: Name, flags: number): void;
  symlinkat(text: Name, dir: number, name: Name): void;
  linkat(fromDir: number, from: Name, toDir: number, to: Name): void;
  renameat(fromDir: number, from: Name, toDir: number, to: Name): void;
  /**
   * Fails with EEXIST when there is anything at `to`, an empty directory too. EINVAL where the file system cannot tell.
   */
  renameNew(from: Name, to: Name): void;
  /** `mode` includes the type (S_IFIFO, S_IFCHR). Device 0:0 is the overlay whiteout, allowed to everyone. */
  mknodat(dir: number, name: Name, mode: number, device: number): void;
  /** Text of a link, undefined when `name` is not a link. */
  readlinkat(dir: number, name: Name): ByteString | undefined;
  /** Never follows a link. */
  lchownat(dir: number, name: Name, uid: number, gid: number): void;
  /** Modification and access time; never follows a link. */
  utimensat(dir: number, name: Name, times: { readonly atime?: Timestamp; readonly mtime: Timestamp }): void;
  /** Modification and access time of an open file. */
  futimens(fd: number, time: Timestamp): void;
  /** Names and values, of a path (never following a link) or an open file; an object that cannot have any has none. */
  listXattrs(object: Text | Buffer | number): Record<string, ByteString>;
  setXattr(fd: number, name: AttributeName, value: ByteString): void;
  removeXattr(fd: number, name: AttributeName): void;
  /** False when somebody else holds the lock and `operation` has LOCK_NB. */
  flock(fd: number, operation: number): boolean;
}

export function fileCalls(binding: Binding): FileCalls {
  return {
    ...directoryCalls(binding),
    ...openFileCalls(binding),
    ...lookUpCalls(binding),
    ...xattrCalls(binding),
    flock: flockCall(binding),
  };
}

type OpenFileCalls = Pick<
  FileCalls,
  'close' | 'status' | 'write' | 'fchmod' | 'fchown' | 'isExecutable' | 'typeOf'
>;

/** Of one write: it goes as one message where a launcher makes the call. */
const WRITE_BYTES = 0x4000;

function openFileCalls(binding: Binding): OpenFileCalls {
  const close = binding.define('int close(int fd)');
  const fstat = binding.raw('fstat', FSTAT, ['int', 'void *']);
  const write = binding.define('long write(int fd, const void *bytes, size_t size)');
  const openat = binding.define('int openat(int dir, const char *name, int flags, uint mode)');
  const fchmod = binding.define('int fchmod(int fd, uint mode)');
  const fchown = binding.define('int fchown(int fd, uint uid, uint gid)');
  const faccessat = binding.raw('faccessat', { x64: 269, arm64: 48 }, ['int', 'const char *', 'int']);
  return {
    close: (fd) => void close(fd),
    status: (fd) => {
      const stat = Buffer.alloc(STAT_LAYOUT.bytes);
      fstat(fd, stat);
      return statusIn(stat);
    },
    write: (fd, bytes) => {
      for (let done = 0; done < bytes.length;) {
        const part = bytes.subarray(done, done + WRITE_BYTES);
        done += write(fd, part, part.length);
      }
    },
    fchmod: (fd, mode) => void fchmod(fd, mode),
    fchown: (fd, uid, gid) => void fchown(fd, uid, gid),
    isExecutable: (path) => {
      try {
        faccessat(AT_FDCWD, cString(path), X_OK);
        return true;
      } catch (error) {
        // Whatever the reason is.
        if (isSystemCallError(error)) return false;
        throw error;
      }
    },
    typeOf: (path) => {
      const stat = Buffer.alloc(STAT_LAYOUT.bytes);
      try {
        binding.sequence([
          [openat, AT_FDCWD, cString(path), O_PATH | O_CLOEXEC, 0],
          [fstat, { resultOf: 0 }, stat],
          [close, { resultOf: 0 }],
        ]);
        return statusIn(stat).type;
      } catch (error) {
        if (isSystemCallError(error)) return undefined;
        throw error;
      }
    },
  };
}

const X_OK = 1;

function directoryCalls(
  binding: Binding,
): Omit<
  FileCalls,
  'listXattrs' | 'setXattr' | 'removeXattr' | 'flock' | keyof OpenFileCalls | keyof LookUpCalls
> {
  const openat = binding.define('int openat(int dir, const char *name, int flags, uint mode)');
  const mkdirat = binding.define('int mkdirat(int dir, const char *name, uint mode)');
  const unlinkat = binding.define('int unlinkat(int dir, const char *name, int flags)');
  const symlinkat = binding.define('int symlinkat(const char *text, int dir, const char *name)');
  const linkat = binding.define('int linkat(int a, const char *from, int b, const char *to, int flags)');
  const renameat2 = binding.raw('renameat2', { x64: 316, arm64: 276 }, [
    'int',
    'const char *',
    'int',
    'const char *',
    'uint',
  ]);
  const renameat = binding.define('int renameat(int a, const char *from, int b, const char *to)');
  // mknodat has a symbol in glibc only since 2.33.
  const mknodat = binding.raw('mknodat', { x64: 259, arm64: 33 }, ['int', 'const char *', 'uint', 'uint']);
  const readlinkat = binding.define('long readlinkat(int dir, const char *name, void *buffer, size_t size)');
  const fchownat = binding.define('int fchownat(int dir, const char *name, uint uid, uint gid, int flags)');
  const utimensat = binding.define('int utimensat(int dir, const char *name, void *times, int flags)');
  const futimens = binding.define('int futimens(int fd, void *times)');
  const timespecs = timespecsInPlace();
  return {
    openat: (dir, name, flags, mode = 0) => openat(dir, cString(name), flags | O_CLOEXEC, mode),
    mkdirat: (dir, name, mode) => void mkdirat(dir, cString(name), mode),
    unlinkat: (dir, name, flags) => void unlinkat(dir, cString(name), flags),
    symlinkat: (text, dir, name) => void symlinkat(cString(text), dir, cString(name)),
    linkat: (fromDir, from, toDir, to) => void linkat(fromDir, cString(from), toDir, cString(to), 0),
    renameNew: (from, to) => void renameat2(AT_FDCWD, cString(from), AT_FDCWD, cString(to), RENAME_NOREPLACE),
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
    futimens: (fd, time) => void futimens(fd, timespecs(time, time)),
  };
}

/** Two `struct timespec`, in one place: valid until the next call. */
function timespecsInPlace(): (atime: Timestamp, mtime: Timestamp) => Uint8Array {
  const words = new Int32Array(8);
  const bytes = new Uint8Array(words.buffer);
  return (atime, mtime) => {
    putTimespec(words, 0, atime);
    putTimespec(words, 4, mtime);
    return bytes;
  };
}

/** A 64-bit number as its two halves: the supported machines are little-endian. */
function putTimespec(words: Int32Array, at: number, { seconds, nanoseconds }: Timestamp): void {
  words[at] = seconds;
  words[at + 1] = Math.floor(seconds / 2 ** 32);
  words[at + 2] = nanoseconds;
  words[at + 3] = 0;
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
