// execve(2): set-id bits of the file change what the process believes to be. The kernel executes the file itself.
import { isDeepStrictEqual } from 'node:util';
import { AT_EMPTY_PATH, AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { O_RDONLY } from '../../host/syscalls/open-flags.js';
import { afterExecution } from './credentials.js';
import { ownerOf, pathOfDescriptor } from './owner-of-object.js';
import { EACCES } from './errno.js';
import { isGranted, MAY_EXECUTE } from './permission.js';
import { identityOf } from './process-image.js';
import { readStatus, S_ISGID, S_ISUID } from './status.js';
import { addressOf, intOf, type Answer, type Handler, type TrappedCall } from './watched-call.js';
import { openObject, readText, type Followed } from './target.js';

const AT_SYMLINK_NOFOLLOW = 0x100;
const GROUP_EXECUTES = 0o010;
const ANYONE_EXECUTES = 0o111;

export const executeFileHandlers: Readonly<Record<string, Handler>> = {
  execve: (call) => execute(call, AT_FDCWD, 0, { isFollowed: true }),
  execveat: (call) => {
    const flags = intOf(call, 4);
    return execute(call, intOf(call, 0), 1, {
      isFollowed: (flags & AT_SYMLINK_NOFOLLOW) === 0,
      mayBeEmpty: (flags & AT_EMPTY_PATH) !== 0,
    });
  },
};

function execute(
  call: TrappedCall,
  dir: number,
  index: number,
  { mayBeEmpty = false, ...followed }: Followed & { readonly mayBeEmpty?: boolean },
): Answer {
  const path = readText(call, addressOf(call, index));
  if (typeof path === 'number' || (path === '' && !mayBeEmpty)) return 'continue';
  const fd = openObject(call, dir, path, followed);
  if (fd < 0) return 'continue';
  try {
    return applySetId(call, fd);
  } finally {
    call.command.calls.close(fd);
  }
}

function applySetId(call: TrappedCall, fd: number): Answer {
  const { calls, credentials, ignoresSetId } = call.command;
  const before = credentials.of(call.pid);
  const status = readStatus(calls, fd);
  if (!isGranted(before, ownerOf(calls, fd, status), status.mode, MAY_EXECUTE)) return EACCES;
  const isObeyed = !ignoresSetId && (status.mode & ANYONE_EXECUTES) !== 0;
  const hasBits = isObeyed && (status.mode & (S_ISUID | S_ISGID)) !== 0;
  const isProgram = hasBits && status.type === 'file' && !isScript(call, fd);
  const owner = isProgram ? ownerOf(calls, fd, status) : undefined;
  const isGroupSet = (status.mode & S_ISGID) !== 0 && (status.mode & GROUP_EXECUTES) !== 0;
  const ofOther = afterExecution(before, {});
  const ofProgram = afterExecution(before, {
    ...(owner && (status.mode & S_ISUID) !== 0 && { uid: owner.uid }),
    ...(owner && isGroupSet && { gid: owner.gid }),
  });
  // Most programs change nothing.
  if ([ofOther, ofProgram].every((after) => isDeepStrictEqual(after, before))) return 'continue';
  const program = identityOf(calls, fd);
  return credentials.setOnExecution(call.pid, { before, ofProgram, program, ofOther }) ?? 'continue';
}

/** The kernel ignores the bits of scripts. */
function isScript({ command: { calls } }: TrappedCall, fd: number): boolean {
  const opened = calls.open(-1, pathOfDescriptor(fd), O_RDONLY, 0);
  if (opened < 0) return false;
  const start = Buffer.alloc(2);
  const length = calls.read(opened, start);
  calls.close(opened);
  return length === 2 && start.toString('latin1') === '#!';
}
