// Hides the records of owners from a command. Its lists of extended attributes leave them out, so that nothing copies
// them. It can neither write nor remove them by name.
import { RECORD_PREFIX } from '../../rootfs/owner-record.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { isPrivileged } from './credentials.js';
import { EACCES, ENODATA, EPERM, ERANGE } from './errno.js';
import { ownerOf, pathOfDescriptor } from './owner-of-object.js';
import { isGranted, MAY_WRITE } from './permission.js';
import { readStatus } from './status.js';
import { addressOf, intOf, type Answer, type Handler, type TrappedCall } from './watched-call.js';
import { openObject, type Followed, procPath, readText, writeBytes } from './target.js';

/** Limits of the kernel for the list and for a name (linux/limits.h XATTR_LIST_MAX, XATTR_NAME_MAX). */
const list = Buffer.alloc(65536);

export const hideRecordsHandlers: Readonly<Record<string, Handler>> = {
  listxattr: (call) => listPath(call, { isFollowed: true }),
  llistxattr: (call) => listPath(call, { isFollowed: false }),
  flistxattr: (call) => answerList(call, procPath(call.pid, intOf(call, 0))),
  setxattr: changeAttribute(EPERM, { isFollowed: true }),
  lsetxattr: changeAttribute(EPERM, { isFollowed: false }),
  fsetxattr: refuseRecords(EPERM),
  removexattr: changeAttribute(ENODATA, { isFollowed: true }),
  lremovexattr: changeAttribute(ENODATA, { isFollowed: false }),
  fremovexattr: refuseRecords(ENODATA),
};

function refuseRecords(errno: number): Handler {
  return (call) => {
    const name = readText(call, addressOf(call, 1));
    return typeof name !== 'number' && name.startsWith(RECORD_PREFIX) ? errno : 'continue';
  };
}

/** Attributes of users are for whoever may write (xattr(7)); a descriptor was judged when it was opened. */
function changeAttribute(errno: number, followed: Followed): Handler {
  const refuse = refuseRecords(errno);
  return (call) => {
    const answer = refuse(call);
    const credentials = call.command.credentials.of(call.pid);
    const path = readText(call, addressOf(call, 0));
    if (answer !== 'continue' || isPrivileged(credentials) || typeof path === 'number' || path === '')
      return answer;
    const { calls } = call.command;
    const fd = openObject(call, AT_FDCWD, path, followed);
    if (fd < 0) return 'continue';
    const status = readStatus(calls, fd);
    const isAllowed = isGranted(credentials, ownerOf(calls, fd, status), status.mode, MAY_WRITE);
    calls.close(fd);
    return isAllowed ? 'continue' : EACCES;
  };
}

function listPath(call: TrappedCall, followed: { readonly isFollowed: boolean }): Answer {
  const path = readText(call, addressOf(call, 0));
  if (typeof path === 'number' || path === '') return 'continue';
  const fd = openObject(call, AT_FDCWD, path, followed);
  if (fd < 0) return 'continue';
  try {
    return answerList(call, pathOfDescriptor(fd));
  } finally {
    call.command.calls.close(fd);
  }
}

function answerList(call: TrappedCall, path: string): Answer {
  const length = call.command.calls.listXattr(path, list);
  const names = length <= 0 ? [] : list.toString('latin1', 0, length).split('\0').slice(0, -1);
  const shown = names.filter((name) => !name.startsWith(RECORD_PREFIX));
  if (shown.length === names.length) return 'continue';
  const bytes = Buffer.from(shown.map((name) => `${name}\0`).join(''), 'latin1');
  const size = Number(BigInt.asUintN(53, addressOf(call, 2)));
  if (size === 0) return bytes.length;
  if (size < bytes.length) return ERANGE;
  const result = writeBytes(call, addressOf(call, 1), bytes);
  return result < 0 ? result : bytes.length;
}
