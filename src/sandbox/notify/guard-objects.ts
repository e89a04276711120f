// Permissions between the users of a command that did not begin as root. The kernel knows one owner, and would let each
// user remove and rewrite what belongs to others. What the kernel would refuse with real owners is refused here. It
// does everything else itself.
import type { ByteString } from '../../core/bytes.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { isPrivileged } from './credentials.js';
import { EACCES, EPERM } from './errno.js';
import { isKernelObject } from './kernel-object.js';
import { ownerOf } from './owner-of-object.js';
import { isGranted, MAY_EXECUTE, MAY_READ, MAY_WRITE, maySearchAndWrite } from './permission.js';
import { readStatus } from './status.js';
import { addressOf, intOf, type Answer, type Handler, type TrappedCall } from './watched-call.js';
import { openObject, openParent, readText } from './target.js';

const S_ISVTX = 0o1000;

/** A directory descriptor, and the index of the argument with the path. */
type Named = readonly [dir: number, path: number];

export const guardHandlers: Readonly<Record<string, Handler>> = {
  unlink: (call) => guardNames(call, [[AT_FDCWD, 0]]),
  rmdir: (call) => guardNames(call, [[AT_FDCWD, 0]]),
  unlinkat: (call) => guardNames(call, [[intOf(call, 0), 1]]),
  rename: (call) =>
    guardNames(call, [
      [AT_FDCWD, 0],
      [AT_FDCWD, 1],
    ]),
  renameat: (call) =>
    guardNames(call, [
      [intOf(call, 0), 1],
      [intOf(call, 2), 3],
    ]),
  renameat2: (call) =>
    guardNames(call, [
      [intOf(call, 0), 1],
      [intOf(call, 2), 3],
    ]),
  link: (call) => guardNames(call, [[AT_FDCWD, 1]]),
  linkat: (call) => guardNames(call, [[intOf(call, 2), 3]]),
  chmod: (call) => guardMode(call, AT_FDCWD, pathAt(call, 0)),
  fchmodat: (call) => guardMode(call, intOf(call, 0), pathAt(call, 1)),
  fchmodat2: (call) => guardMode(call, intOf(call, 0), pathAt(call, 1)),
  fchmod: (call) => guardMode(call, intOf(call, 0), '' as ByteString),
  truncate: (call) => guardAccess(call, AT_FDCWD, 0, MAY_WRITE),
  access: (call) => guardAccess(call, AT_FDCWD, 0, intOf(call, 1) & MAY_ALL),
  faccessat: (call) => guardAccess(call, intOf(call, 0), 1, intOf(call, 2) & MAY_ALL),
  faccessat2: (call) => guardAccess(call, intOf(call, 0), 1, intOf(call, 2) & MAY_ALL),
};

const MAY_ALL = MAY_READ | MAY_WRITE | MAY_EXECUTE;

/** Undefined when the kernel is to judge the path. */
function pathAt(call: TrappedCall, index: number): ByteString | undefined {
  const path = readText(call, addressOf(call, index));
  return typeof path === 'number' ? undefined : path;
}

function isUnguarded({ command, pid }: TrappedCall): boolean {
  return isPrivileged(command.credentials.of(pid));
}

/** Opening an existing object, by a path that is followed. */
export function guardAccess(call: TrappedCall, dir: number, index: number, wanted: number): Answer {
  if (isUnguarded(call)) return 'continue';
  const path = pathAt(call, index);
  if (path === undefined || path === '') return 'continue';
  return judge(call, openObject(call, dir, path, { isFollowed: true }), (fd) => {
    const status = readStatus(call.command.calls, fd);
    if (status.type === 'device') return 'continue';
    const owner = ownerOf(call.command.calls, fd, status);
    const credentials = call.command.credentials.of(call.pid);
    return isGranted(credentials, owner, status.mode, wanted) ? 'continue' : EACCES;
  });
}

/** Changing the mode is the owner's. */
function guardMode(call: TrappedCall, dir: number, path: ByteString | undefined): Answer {
  if (path === undefined || isUnguarded(call)) return 'continue';
  const { calls, credentials } = call.command;
  return judge(call, openObject(call, dir, path, { isFollowed: true }), (fd) =>
    ownerOf(calls, fd).uid === credentials.of(call.pid).user.filesystem ? 'continue' : EPERM,
  );
}

/** Adding and removing names needs their directory, and in a sticky one also the object. */
function guardNames(call: TrappedCall, names: readonly Named[]): Answer {
  if (isUnguarded(call)) return 'continue';
  for (const [dir, index] of names) {
    const path = pathAt(call, index)?.replace(/\/+$/, '') as ByteString | undefined;
    if (path === undefined || path === '') continue;
    const answer = judge(call, openParent(call, dir, path), (parent) =>
      judgeName(call, parent, () => openObject(call, dir, path, { isFollowed: false })),
    );
    if (answer !== 'continue') return answer;
  }
  return 'continue';
}

function judgeName(call: TrappedCall, parent: number, open: () => number): Answer {
  const { calls } = call.command;
  const credentials = call.command.credentials.of(call.pid);
  const status = readStatus(calls, parent);
  const above = ownerOf(calls, parent, status);
  if (!maySearchAndWrite(credentials, above, status.mode)) return EACCES;
  const own = credentials.user.filesystem;
  if ((status.mode & S_ISVTX) === 0 || above.uid === own) return 'continue';
  return judge(call, open(), (fd) => (ownerOf(calls, fd).uid === own ? 'continue' : EPERM));
}

/** What cannot be opened is the kernel's to refuse. */
function judge(call: TrappedCall, fd: number, decide: (fd: number) => Answer): Answer {
  if (fd < 0) return 'continue';
  try {
    return isKernelObject(call.command.calls, fd) ? 'continue' : decide(fd);
  } finally {
    call.command.calls.close(fd);
  }
}
