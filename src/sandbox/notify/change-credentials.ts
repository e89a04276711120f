// setuid(2), getuid(2) and their kin, for the ids that a process of the command believes to have (credentials.ts).
import { MAX_ID } from '../../rootfs/id-spans.js';
import {
  isPrivileged,
  keepPrivilege,
  setFilesystem,
  setOne,
  setPair,
  setTriple,
  sortedGroups,
  UNCHANGED,
  type Credentials,
  type IdSet,
} from './credentials.js';
import { EFAULT, EINVAL, EPERM } from './errno.js';
import { addressOf, intOf, unsignedOf, type Answer, type Handler, type TrappedCall } from './watched-call.js';
import { readBytes, writeBytes } from './target.js';

type Kind = 'user' | 'group';

/** NGROUPS_MAX of linux/limits.h */
const MAX_GROUPS = 65536;

export const credentialHandlers: Readonly<Record<string, Handler>> = {
  ...handlersFor('user', 'uid'),
  ...handlersFor('group', 'gid'),
  setgroups: changeGroups,
  getgroups: showGroups,
  prctl(call) {
    const isWanted = unsignedOf(call, 1) === 1;
    call.command.credentials.set(call.pid, keepPrivilege(credentialsOfCaller(call), { isWanted }));
    return 'continue';
  },
};

function handlersFor(kind: Kind, name: 'uid' | 'gid'): Record<string, Handler> {
  return {
    [`set${name}`]: changing(kind, 1, (ids, [id = 0], privilege) => setOne(ids, id, privilege)),
    [`setre${name}`]: changing(kind, 2, (ids, [real = 0, effective = 0], privilege) =>
      setPair(ids, [real, effective], privilege),
    ),
    [`setres${name}`]: changing(kind, 3, (ids, [real = 0, effective = 0, saved = 0], privilege) =>
      setTriple(ids, [real, effective, saved], privilege),
    ),
    [`setfs${name}`]: (call) => changeFilesystemId(call, kind),
    [`get${name}`]: (call) => credentialsOfCaller(call)[kind].real,
    [`gete${name}`]: (call) => credentialsOfCaller(call)[kind].effective,
    [`getres${name}`]: (call) => showTriple(call, credentialsOfCaller(call)[kind]),
  };
}

function credentialsOfCaller({ command, pid }: TrappedCall): Credentials {
  return command.credentials.of(pid);
}

type Change = (
  ids: IdSet,
  wanted: readonly number[],
  privilege: { readonly isPrivileged: boolean },
) => IdSet | undefined;

function changing(kind: Kind, count: number, change: Change): Handler {
  return (call) => {
    const wanted = Array.from({ length: count }, (_, i) => unsignedOf(call, i));
    // One id must be given; of several, each may be left as it is.
    if (!wanted.every((id) => id <= MAX_ID || (count > 1 && id === UNCHANGED))) return EINVAL;
    const before = credentialsOfCaller(call);
    const ids = change(before[kind], wanted, { isPrivileged: isPrivileged(before) });
    if (!ids) return EPERM;
    return call.command.credentials.set(call.pid, { ...before, [kind]: ids }) ?? 0;
  };
}

/** Gives the id from before, whatever happens. */
function changeFilesystemId(call: TrappedCall, kind: Kind): Answer {
  const before = credentialsOfCaller(call);
  const id = unsignedOf(call, 0);
  if (id <= MAX_ID) {
    const ids = setFilesystem(before[kind], id, { isPrivileged: isPrivileged(before) });
    call.command.credentials.set(call.pid, { ...before, [kind]: ids });
  }
  return before[kind].filesystem;
}

function showTriple(call: TrappedCall, ids: IdSet): Answer {
  for (const [i, id] of [ids.real, ids.effective, ids.saved].entries()) {
    const result = writeBytes(call, addressOf(call, i), numbers([id]));
    if (result < 0) return result;
  }
  return 0;
}

function changeGroups(call: TrappedCall): Answer {
  const before = credentialsOfCaller(call);
  const count = unsignedOf(call, 0);
  if (!isPrivileged(before)) return EPERM;
  if (count > MAX_GROUPS) return EINVAL;
  const bytes = readBytes(call, addressOf(call, 1), count * 4);
  if (!bytes) return EFAULT;
  const groups = Array.from({ length: count }, (_, i) => bytes.readUInt32LE(i * 4));
  if (!groups.every((id) => id <= MAX_ID)) return EINVAL;
  return call.command.credentials.set(call.pid, { ...before, groups: sortedGroups(groups) }) ?? 0;
}

function showGroups(call: TrappedCall): Answer {
  const { groups } = credentialsOfCaller(call);
  const size = intOf(call, 0);
  if (size < 0 || (size !== 0 && size < groups.length)) return EINVAL;
  if (size === 0) return groups.length;
  const result = writeBytes(call, addressOf(call, 1), numbers(groups));
  return result < 0 ? result : groups.length;
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * 4);
  values.forEach((value, i) => bytes.writeUInt32LE(value, i * 4));
  return bytes;
}
