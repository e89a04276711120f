// System calls of a supervisor (seccomp_unotify(2)): notifications, the memory and descriptors of another process,
// files inside its root. Called for every trapped call, so they throw nothing: a negative result is an errno.
import type { ByteString } from '../../core/bytes.js';
import type { Binding } from './binding.js';
import { AT_EMPTY_PATH } from './file-calls.js';
import { makingFor, type MakingFor } from './making-for.js';
import { wakingCalls, type SeccompCalls } from './seccomp-calls.js';
import { FSTATAT } from '../stat-layout.js';

/** Sizes of struct seccomp_notif, seccomp_notif_resp and seccomp_notif_addfd (linux/seccomp.h). */
export const NOTIFICATION_BYTES = 80;
export const RESPONSE_BYTES = 24;
const ADD_FD_BYTES = 24;

const IOCTL_RECEIVE = 0xc0502100;
const IOCTL_SEND = 0xc0182101;
const IOCTL_ID_VALID = 0x40082102;
const IOCTL_ADD_FD = 0x40182103;

/** struct statfs, which begins with the type. */
const STATFS_BYTES = 120;

const O_CLOEXEC = 0o2000000;
const RESOLVE_NO_MAGICLINKS = 0x02n;
const RESOLVE_IN_ROOT = 0x10n;
const EAGAIN = -11;
const RETRIES = 16;
const POLL_IN = 1;
/** POLLERR | POLLHUP | POLLNVAL */
const POLL_OVER = 0x38;
const UTIME_OMIT = 0x3ffffffen;
const UTIME_NOW = 0x3fffffffn;

/** A C string, or bytes with their final NUL. */
export type Path = string | Uint8Array;

export interface PollResult {
  readonly readable: readonly number[];
  /** The other side is gone, and nothing is left to read. */
  readonly over: readonly number[];
}

export interface NotifyCalls extends NotificationCalls, TargetCalls, InodeCalls {}

export interface NotificationCalls extends Pick<SeccompCalls, 'wakeSynchronously'> {
  /** Waits without end. */
  poll(fds: readonly number[]): PollResult;
  receive(listener: number, notification: Buffer): number;
  respond(listener: number, response: Buffer): number;
  isValid(listener: number, id: bigint): boolean;
  /** Puts a copy of `fd` into the process that waits; its number there. */
  addFd(listener: number, id: bigint, fd: number, options: { readonly isClosedOnExec: boolean }): number;
  /** A copy of descriptor `fd` of process `pid`. */
  takeDescriptor(pid: number, fd: number): number;
}

export interface TargetCalls {
  readMemory(pid: number, address: bigint, into: Buffer, length: number): number;
  writeMemory(pid: number, address: bigint, from: Buffer, length: number): number;
  /** The soft limit; a negative number for an errno, and undefined for none. */
  getLimit(pid: number, resource: number): bigint | undefined;
  /** Sets the soft limit, not the hard one. */
  setSoftLimit(pid: number, resource: number, soft: bigint): number;
  /** Text of a link of the proc file system. */
  readLink(path: string): ByteString | number;
  /** Text of a symbolic link, by an O_PATH descriptor of it. */
  readLinkAt(link: number): ByteString | number;
  /** Text of a file of the process in the proc file system; empty when the process is gone. */
  readProcess(pid: number, name: 'status' | 'stat' | `fdinfo/${number}`): string;
}

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
  /** Bytes read, of the object that the path leads to. */
  getXattr(path: Path, name: string, into: Buffer): number;
  setXattr(path: Path, name: string, value: ByteString): number;
  removeXattr(path: Path, name: string): number;
  listXattr(path: Path, into: Buffer): number;
  /** Of an open object of any type; an absent time stays, `now` is the clock's. */
  setTimes(fd: number, times: { readonly atime?: TimeChange; readonly mtime?: TimeChange }): number;
}

export type TimeChange = 'now' | { readonly seconds: bigint; readonly nanoseconds: bigint };

export function notifyCalls(binding: Binding): NotifyCalls {
  return { ...notificationCalls(binding), ...targetCalls(binding), ...inodeCalls(binding) };
}

function notificationCalls(binding: Binding): NotificationCalls {
  const poll = binding.attempt('poll', { x64: 271, arm64: 73 }, [
    'void *',
    'ulong',
    'void *',
    'void *',
    'ulong',
  ]);
  const ioctl = binding.attempt('ioctl', { x64: 16, arm64: 29 }, ['int', 'ulong', 'void *']);
  const pidfdOpen = binding.attempt('pidfd_open', 434, ['int', 'uint']);
  const pidfdGetfd = binding.attempt('pidfd_getfd', 438, ['int', 'int', 'uint']);
  const close = binding.attempt('close', { x64: 3, arm64: 57 }, ['int']);
  const valid = Buffer.alloc(8);
  const added = Buffer.alloc(ADD_FD_BYTES);
  return {
    ...wakingCalls(binding),
    poll(fds) {
      const set = Buffer.alloc(fds.length * 8);
      fds.forEach((fd, i) => {
        set.writeInt32LE(fd, i * 8);
        set.writeInt16LE(POLL_IN, i * 8 + 4);
      });
      poll(set, fds.length, null, null, 0);
      const events = (i: number): number => set.readInt16LE(i * 8 + 6);
      return {
        readable: fds.filter((_, i) => (events(i) & POLL_IN) !== 0),
        over: fds.filter((_, i) => (events(i) & POLL_IN) === 0 && (events(i) & POLL_OVER) !== 0),
      };
    },
    receive: (listener, notification) => ioctl(listener, IOCTL_RECEIVE, notification.fill(0)),
    respond: (listener, response) => ioctl(listener, IOCTL_SEND, response),
    isValid(listener, id) {
      valid.writeBigUInt64LE(id);
      return ioctl(listener, IOCTL_ID_VALID, valid) === 0;
    },
    addFd(listener, id, fd, { isClosedOnExec }) {
      added.fill(0).writeBigUInt64LE(id);
      added.writeUInt32LE(fd, 12);
      added.writeUInt32LE(isClosedOnExec ? O_CLOEXEC : 0, 20);
      return ioctl(listener, IOCTL_ADD_FD, added);
    },
    takeDescriptor(pid, fd) {
      const process = pidfdOpen(pid, 0);
      if (process < 0) return process;
      const copy = pidfdGetfd(process, fd, 0);
      close(process);
      return copy;
    },
  };
}

function targetCalls(binding: Binding): TargetCalls {
  const vector = ['int', 'void *', 'ulong', 'void *', 'ulong', 'ulong'];
  const readv = binding.attempt('process_vm_readv', { x64: 310, arm64: 270 }, vector);
  const writev = binding.attempt('process_vm_writev', { x64: 311, arm64: 271 }, vector);
  const prlimit = binding.attempt('prlimit64', { x64: 302, arm64: 261 }, ['int', 'int', 'void *', 'void *']);
  const readlinkat = binding.attempt('readlinkat', { x64: 267, arm64: 78 }, [
    'int',
    'const char *',
    'void *',
    'ulong',
  ]);
  const openat = binding.attempt('openat', { x64: 257, arm64: 56 }, ['int', 'const char *', 'int', 'uint']);
  const read = binding.attempt('read', { x64: 0, arm64: 63 }, ['int', 'void *', 'ulong']);
  const close = binding.attempt('close', { x64: 3, arm64: 57 }, ['int']);
  const local = Buffer.alloc(16);
  const remote = Buffer.alloc(16);
  const text = Buffer.alloc(8192);
  const limit = Buffer.alloc(16);
  const transfer = (
    call: typeof readv,
    pid: number,
    address: bigint,
    own: Buffer,
    length: number,
  ): number => {
    local.writeBigUInt64LE(binding.address(own));
    local.writeBigUInt64LE(BigInt(length), 8);
    remote.writeBigUInt64LE(address);
    remote.writeBigUInt64LE(BigInt(length), 8);
    return call(pid, local, 1, remote, 1, 0);
  };
  const readLinkAt = (dir: number, path: string): ByteString | number => {
    const length = readlinkat(dir, path, text, text.length);
    return length < 0 ? length : (text.toString('latin1', 0, length) as ByteString);
  };
  const getLimit = (pid: number, resource: number): bigint | undefined =>
    prlimit(pid, resource, null, limit) < 0 ? undefined : limit.readBigUInt64LE();
  return {
    readMemory: (pid, address, into, length) => transfer(readv, pid, address, into, length),
    writeMemory: (pid, address, from, length) => transfer(writev, pid, address, from, length),
    getLimit,
    setSoftLimit(pid, resource, soft) {
      if (getLimit(pid, resource) === undefined) return -1;
      limit.writeBigUInt64LE(soft);
      return prlimit(pid, resource, limit, null);
    },
    readLink: (path) => readLinkAt(-1, path),
    readLinkAt: (link) => readLinkAt(link, ''),
    readProcess(pid, name) {
      const fd = openat(-1, `/proc/${pid}/${name}`, 0, 0);
      if (fd < 0) return '';
      const length = read(fd, text, text.length);
      close(fd);
      return text.toString('latin1', 0, Math.max(length, 0));
    },
  };
}

function inodeCalls(binding: Binding): InodeCalls {
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
