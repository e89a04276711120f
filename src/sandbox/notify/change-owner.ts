// chown(2) and its kin for a command whose files all belong to one id. The owner is written down as a record. The
// kernel does the rest of the call: it takes set-id bits and file capabilities away, and moves ctime.
import { MAX_ID } from '../../rootfs/id-spans.js';
import type { ByteString } from '../../core/bytes.js';
import { AT_EMPTY_PATH, AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { O_PATH } from '../../host/syscalls/open-flags.js';
import { isMemberOf, isPrivileged, UNCHANGED, type Credentials } from './credentials.js';
import { EBADF, EINVAL, ENOENT, EPERM } from './errno.js';
import { isKernelObject } from './kernel-object.js';
import { ownerOf, recordOwner } from './owner-of-object.js';
import { readStatus } from './status.js';
import {
  addressOf,
  intOf,
  isWaiting,
  unsignedOf,
  type Answer,
  type Handler,
  type TrappedCall,
} from './watched-call.js';
import { openObject, readText, type Followed } from './target.js';
import type { RecordedOwner } from '../../rootfs/owner-record.js';

const AT_SYMLINK_NOFOLLOW = 0x100;

export const changeOwnerHandlers: Readonly<Record<string, Handler>> = {
  chown: (call) => changeAt(call, { dir: AT_FDCWD, path: 0, ids: 1, isFollowed: true }),
  lchown: (call) => changeAt(call, { dir: AT_FDCWD, path: 0, ids: 1, isFollowed: false }),
  fchownat(call) {
    const flags = intOf(call, 4);
    const isFollowed = (flags & AT_SYMLINK_NOFOLLOW) === 0;
    return changeAt(call, {
      dir: intOf(call, 0),
      path: 1,
      ids: 2,
      isFollowed,
      mayBeEmpty: (flags & AT_EMPTY_PATH) !== 0,
    });
  },
  fchown: (call) =>
    isPathDescriptor(call, intOf(call, 0))
      ? EBADF
      : changeObject(call, intOf(call, 0), '' as ByteString, wantedAt(call, 1), { isFollowed: true }),
};

/** A descriptor of open(2) with O_PATH stands for a path, and is none for fchown(2). */
function isPathDescriptor({ command: { calls }, pid }: TrappedCall, fd: number): boolean {
  const [, flags = '0'] = /^flags:\t(\d+)$/m.exec(calls.readProcess(pid, `fdinfo/${fd}`)) ?? [];
  return (Number.parseInt(flags, 8) & O_PATH) !== 0;
}

interface ChangeArguments extends Followed {
  readonly dir: number;
  /** Indices of the arguments. */
  readonly path: number;
  readonly ids: number;
  readonly mayBeEmpty?: boolean;
}

function changeAt(
  call: TrappedCall,
  { dir, path: index, ids, isFollowed, mayBeEmpty }: ChangeArguments,
): Answer {
  const path = readText(call, addressOf(call, index));
  if (typeof path === 'number') return path;
  if (path === '' && !mayBeEmpty) return ENOENT;
  return changeObject(call, dir, path, wantedAt(call, ids), { isFollowed });
}

function wantedAt(call: TrappedCall, i: number): RecordedOwner {
  return { uid: unsignedOf(call, i), gid: unsignedOf(call, i + 1) };
}

function changeObject(
  call: TrappedCall,
  dir: number,
  path: ByteString,
  wanted: RecordedOwner,
  followed: Followed,
): Answer {
  const { calls } = call.command;
  if (![wanted.uid, wanted.gid].every(isUsable)) return EINVAL;
  const fd = openObject(call, dir, path, followed);
  if (fd < 0) return fd;
  try {
    const status = readStatus(calls, fd);
    if (status.type === 'device' || isKernelObject(calls, fd))
      return isPrivileged(call.command.credentials.of(call.pid)) ? 0 : EPERM;
    const owner = ownerOf(calls, fd, status);
    const next = {
      uid: wanted.uid === UNCHANGED ? owner.uid : wanted.uid,
      gid: wanted.gid === UNCHANGED ? owner.gid : wanted.gid,
    };
    if (!mayGive(call.command.credentials.of(call.pid), owner, next)) return EPERM;
    if (!isWaiting(call)) return ENOENT;
    const taken = calls.takeOwnership(fd);
    return taken < 0 ? taken : recordOwner(calls, fd, next, status);
  } finally {
    calls.close(fd);
  }
}

function isUsable(id: number): boolean {
  return id <= MAX_ID || id === UNCHANGED;
}

/** chown(2): only the privileged give a file away; its owner may give it to one of his groups. */
function mayGive(credentials: Credentials, owner: RecordedOwner, next: RecordedOwner): boolean {
  if (isPrivileged(credentials)) return true;
  if (credentials.user.filesystem !== owner.uid || next.uid !== owner.uid) return false;
  return next.gid === owner.gid || isMemberOf(credentials, next.gid);
}
