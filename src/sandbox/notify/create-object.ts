// Calls that make objects: open(2) with O_CREAT, mkdir(2), mknod(2), symlink(2). A new object belongs to the user who
// makes it. What root makes outside of a set-group-id directory needs no record and is left to the kernel. Everything
// else the supervisor makes for the process.
import type { ByteString } from '../../core/bytes.js';
import { isRootOwner, type RecordedDevice, type RecordedOwner } from '../../rootfs/owner-record.js';
import { cString } from '../../host/syscalls/binding.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_PATH, O_WRONLY } from '../../host/syscalls/open-flags.js';
import { isPrivileged } from './credentials.js';
import { EACCES, EEXIST, ELOOP, ENOENT, EPERM } from './errno.js';
import { guardAccess } from './guard-objects.js';
import { isKernelObject } from './kernel-object.js';
import { ownerOf, recordDevice, recordOwner } from './owner-of-object.js';
import { deviceOf, isDeletionMark } from './make-device.js';
import { MAY_READ, MAY_WRITE, maySearchAndWrite } from './permission.js';
import { S_IFBLK, S_IFCHR, S_IFDIR, S_IFIFO, S_IFMT, S_IFREG, S_IFSOCK } from '../../host/stat-layout.js';
import { readStatus, S_ISGID } from './status.js';
import {
  addressOf,
  intOf,
  isWaiting,
  unsignedOf,
  type Answer,
  type Handler,
  type TrappedCall,
} from './watched-call.js';
import { openObject, openParent, readText } from './target.js';

const O_RDWR = 0o2;
const O_TRUNC = 0o1000;
const O_CLOEXEC = 0o2000000;
/** Links that the kernel follows in one path. */
const MAX_LINKS = 40;

export const createObjectHandlers: Readonly<Record<string, Handler>> = {
  open: (call) => openFile(call, AT_FDCWD, 0, { flags: intOf(call, 1), mode: unsignedOf(call, 2) }),
  creat: (call) =>
    openFile(call, AT_FDCWD, 0, { flags: O_CREAT | O_WRONLY | O_TRUNC, mode: unsignedOf(call, 1) }),
  openat: (call) => openFile(call, intOf(call, 0), 1, { flags: intOf(call, 2), mode: unsignedOf(call, 3) }),
  mkdir: (call) => makeDirectory(call, AT_FDCWD, 0),
  mkdirat: (call) => makeDirectory(call, intOf(call, 0), 1),
  mknod: (call) => makeNode(call, AT_FDCWD, 0),
  mknodat: (call) => makeNode(call, intOf(call, 0), 1),
  symlink: (call) => makeLink(call, AT_FDCWD, 1),
  symlinkat: (call) => makeLink(call, intOf(call, 1), 2),
};

/** Where something new will stand, and whose it will be. */
interface Place {
  readonly parent: number;
  readonly name: string | Uint8Array;
  readonly owner: RecordedOwner;
  /** Of the parent: directories inherit the set-group-id bit. */
  readonly inherited: number;
  /** Of the process. */
  readonly umask: number;
}

/** Calls `make` unless the kernel can do it alone. */
function create(
  call: TrappedCall,
  dir: number,
  path: ByteString | number,
  make: (place: Place) => Answer,
  { isAlways = false }: { readonly isAlways?: boolean } = {},
): Answer {
  if (typeof path === 'number') return 'continue';
  const name = path.replace(/\/+$/, '').replace(/^.*\//s, '') as ByteString;
  if (name === '' || name === '.' || name === '..') return 'continue';
  const parent = openParent(call, dir, path.replace(/\/+$/, '') as ByteString);
  if (parent < 0) return 'continue';
  try {
    const credentials = call.command.credentials.of(call.pid);
    const { calls } = call.command;
    if (isKernelObject(calls, parent) && !isAlways) return 'continue';
    const status = readStatus(calls, parent);
    const isPlain =
      isPrivileged(credentials) && credentials.group.filesystem === 0 && credentials.user.filesystem === 0;
    const isInherited = (status.mode & S_ISGID) !== 0;
    if (isPlain && !isInherited && !isAlways) return 'continue';
    const above = ownerOf(calls, parent, status);
    const gid = isInherited ? above.gid : credentials.group.filesystem;
    const owner = { uid: credentials.user.filesystem, gid };
    if (isRootOwner(owner) && !isAlways) return 'continue';
    const umask = umaskOf(call);
    // Read before it is certain that they are of this process.
    if (umask === undefined || !isWaiting(call)) return ENOENT;
    const place = { parent, name: cString(name), owner, inherited: status.mode & S_ISGID, umask };
    if (maySearchAndWrite(credentials, above, status.mode)) return make(place);
    return exists(call, place) ? 'continue' : EACCES;
  } finally {
    call.command.calls.close(parent);
  }
}

function exists({ command: { calls } }: TrappedCall, { parent, name }: Place): boolean {
  const fd = calls.open(parent, name, O_PATH | O_NOFOLLOW, 0);
  if (fd >= 0) calls.close(fd);
  return fd >= 0;
}

interface OpenArguments {
  readonly flags: number;
  readonly mode: number;
}

function openFile(call: TrappedCall, dir: number, path: number, options: OpenArguments): Answer {
  const { flags } = options;
  // With O_PATH nothing is made, and nothing is opened to be written to.
  if ((flags & O_PATH) !== 0) return 'continue';
  const answer =
    (flags & O_CREAT) === 0
      ? 'continue'
      : createFile(call, dir, readText(call, addressOf(call, path)), options);
  return answer === 'continue' ? guardAccess(call, dir, path, wantedBy(flags)) : answer;
}

/** MAY_* bits (permission.ts). */
function wantedBy(flags: number): number {
  const isWritten = (flags & (O_WRONLY | O_RDWR | O_TRUNC)) !== 0;
  const isRead = (flags & O_WRONLY) === 0;
  return (isWritten ? MAY_WRITE : 0) | (isRead ? MAY_READ : 0);
}

function createFile(
  call: TrappedCall,
  dir: number,
  path: ByteString | number,
  options: OpenArguments,
  links = 0,
): Answer {
  const { flags, mode } = options;
  return create(call, dir, path, (place) => {
    const { calls } = call.command;
    const permissions = mode & 0o7777 & ~place.umask;
    // Only a file that is not there yet is made; the kernel opens the others.
    const fd = calls.open(place.parent, place.name, flags | O_CREAT | O_EXCL | O_NOFOLLOW, permissions);
    if (fd === EEXIST && (flags & O_EXCL) !== 0) return EEXIST;
    if (fd === EEXIST) {
      const target =
        (flags & O_NOFOLLOW) === 0 ? danglingTarget(call, dir, path as ByteString, place) : undefined;
      if (target === undefined) return 'continue';
      return links < MAX_LINKS ? createFile(call, dir, target, options, links + 1) : ELOOP;
    }
    if (fd < 0) return fd;
    try {
      const recorded = recordOwner(calls, fd, place.owner);
      if (recorded < 0) return recorded;
      const isClosedOnExec = (flags & O_CLOEXEC) !== 0;
      return calls.addFd(call.command.listener, call.id, fd, { isClosedOnExec });
    } finally {
      calls.close(fd);
    }
  });
}

/** Where a link leads that is at that path; undefined when something is there. */
function danglingTarget(
  call: TrappedCall,
  dir: number,
  path: ByteString,
  place: Place,
): ByteString | undefined {
  const { calls } = call.command;
  const found = openObject(call, dir, path, { isFollowed: true });
  if (found >= 0) calls.close(found);
  const link = found === ENOENT ? calls.open(place.parent, place.name, O_PATH | O_NOFOLLOW, 0) : -1;
  if (link < 0) return undefined;
  const text = calls.readLinkAt(link);
  calls.close(link);
  if (typeof text === 'number') return undefined;
  return (text.startsWith('/') ? text : `${path.slice(0, path.lastIndexOf('/') + 1)}${text}`) as ByteString;
}

function makeDirectory(call: TrappedCall, dir: number, path: number): Answer {
  return create(call, dir, readText(call, addressOf(call, path)), (place) => {
    const { calls } = call.command;
    const mode = unsignedOf(call, path + 1) & 0o1777 & ~place.umask;
    const result = calls.makeDirectory(place.parent, place.name, mode | place.inherited);
    return result < 0 ? result : recordNew(call, place);
  });
}

function makeLink(call: TrappedCall, dir: number, path: number): Answer {
  return create(call, dir, readText(call, addressOf(call, path)), (place) => {
    const text = readText(call, addressOf(call, 0));
    if (typeof text === 'number') return text;
    const result = call.command.calls.makeLink(cString(text), place.parent, place.name);
    return result < 0 ? result : recordNew(call, place);
  });
}

/** A device becomes an empty file with a record, since a user namespace cannot make one. */
function makeNode(call: TrappedCall, dir: number, path: number): Answer {
  const mode = unsignedOf(call, path + 1);
  const type = mode & S_IFMT;
  const device =
    type === S_IFCHR || type === S_IFBLK ? deviceOf(type, unsignedOf(call, path + 2)) : undefined;
  if (!device && ![0, S_IFREG, S_IFIFO, S_IFSOCK].includes(type))
    return type === S_IFDIR ? EPERM : 'continue';
  if (device && (isDeletionMark(device) || !isPrivileged(call.command.credentials.of(call.pid))))
    return EPERM;
  const make = (place: Place): Answer => {
    const { calls } = call.command;
    const permissions = mode & 0o7777 & ~place.umask;
    const result = calls.makeNode(place.parent, place.name, (device ? S_IFREG : type) | permissions);
    return result < 0 ? result : recordNew(call, place, device);
  };
  return create(call, dir, readText(call, addressOf(call, path)), make, { isAlways: device !== undefined });
}

function recordNew({ command: { calls } }: TrappedCall, place: Place, device?: RecordedDevice): Answer {
  const fd = calls.open(place.parent, place.name, O_PATH | O_NOFOLLOW, 0);
  if (fd < 0) return fd;
  try {
    const marked = device ? recordDevice(calls, fd, device) : 0;
    return marked < 0 ? marked : recordOwner(calls, fd, place.owner);
  } finally {
    calls.close(fd);
  }
}

/**
 * Undefined for a process that has ended: it may be gone from the proc file system, or have no file system of its own
 * any more.
 */
function umaskOf({ command: { calls }, pid }: TrappedCall): number | undefined {
  const [, umask] = /^Umask:\s*(\d+)$/m.exec(calls.readProcess(pid, 'status')) ?? [];
  return umask === undefined ? undefined : Number.parseInt(umask, 8);
}
