// Calls of programs of 32 bits whose ids have 16 bits (kernel/uid16.c): chown(2), setuid(2) and their kin under their
// first numbers.
import { EFAULT, EINVAL, EPERM } from './errno.js';
import { addressOf, intOf, unsignedOf, type Answer, type Handler, type TrappedCall } from './watched-call.js';
import { readBytes, writeBytes } from './target.js';
import { isPrivileged, sortedGroups } from './credentials.js';

const UNCHANGED = 0xffff;
const ID_BYTES = 2;
/** NGROUPS_MAX of linux/limits.h */
const MAX_GROUPS = 65536;

/** Where each call has ids among its arguments. */
const IDS: Readonly<Record<string, readonly number[]>> = {
  chown: [1, 2],
  lchown: [1, 2],
  fchown: [1, 2],
  setuid: [0],
  setgid: [0],
  setreuid: [0, 1],
  setregid: [0, 1],
  setresuid: [0, 1, 2],
  setresgid: [0, 1, 2],
  setfsuid: [0],
  setfsgid: [0],
};

/** @param wide the same calls for ids of 32 bits */
export function narrowHandlers(wide: Readonly<Record<string, Handler>>): Record<string, Handler> {
  const widened = Object.entries(IDS).map(([name, places]): [string, Handler] => [
    name,
    (call) =>
      wide[name]!({ ...call, args: call.args.map((arg, i) => (places.includes(i) ? widen(arg) : arg)) }),
  ]);
  return {
    ...Object.fromEntries(widened),
    getresuid: (call) => showTriple(call, 'user'),
    getresgid: (call) => showTriple(call, 'group'),
    getgroups: showGroups,
    setgroups: changeGroups,
  };
}

function widen(argument: bigint): bigint {
  const id = argument & 0xffffn;
  return id === BigInt(UNCHANGED) ? 0xffffffffn : id;
}

function showTriple(call: TrappedCall, kind: 'user' | 'group'): Answer {
  const { real, effective, saved } = call.command.credentials.of(call.pid)[kind];
  for (const [i, id] of [real, effective, saved].entries()) {
    const result = writeBytes(call, addressOf(call, i), numbers([id]));
    if (result < 0) return result;
  }
  return 0;
}

function showGroups(call: TrappedCall): Answer {
  const { groups } = call.command.credentials.of(call.pid);
  const size = intOf(call, 0);
  if (size < 0 || (size !== 0 && size < groups.length)) return EINVAL;
  if (size === 0) return groups.length;
  const result = writeBytes(call, addressOf(call, 1), numbers(groups));
  return result < 0 ? result : groups.length;
}

function changeGroups(call: TrappedCall): Answer {
  const before = call.command.credentials.of(call.pid);
  const count = unsignedOf(call, 0);
  if (!isPrivileged(before)) return EPERM;
  if (count > MAX_GROUPS) return EINVAL;
  const bytes = readBytes(call, addressOf(call, 1), count * ID_BYTES);
  if (!bytes) return EFAULT;
  const groups = Array.from({ length: count }, (_, i) => bytes.readUInt16LE(i * ID_BYTES));
  return call.command.credentials.set(call.pid, { ...before, groups: sortedGroups(groups) }) ?? 0;
}

function numbers(values: readonly number[]): Buffer {
  const bytes = Buffer.alloc(values.length * ID_BYTES);
  values.forEach((value, i) => bytes.writeUInt16LE(value, i * ID_BYTES));
  return bytes;
}
