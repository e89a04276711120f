// mknod(2) of a device, for a process whose kernel would refuse it: an empty file that belongs to the process, with a
// record (rootfs/owner-record.ts). The file is made exclusively and changed by its descriptor alone, so nothing of
// another name is touched.
import { readFileSync } from 'node:fs';
import type { ByteString } from '../../core/bytes.js';
import { S_IFCHR, S_IFMT } from '../../host/stat-layout.js';
import type { RecordedDevice } from '../../rootfs/owner-record.js';
import { cString } from '../../host/syscalls/binding.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from '../../host/syscalls/open-flags.js';
import { EEXIST, ENOENT, EPERM } from './errno.js';
import { recordDevice } from './owner-of-object.js';
import {
  addressOf,
  intOf,
  isWaiting,
  unsignedOf,
  type Answer,
  type DeviceMakers,
  type WatchedCall,
} from './watched-call.js';
import { openParent, readText } from './target.js';

/** `number`: 1 when the path is the second argument (mknodat), 0 when it is the first. */
export function makeDevice(call: WatchedCall, path: 0 | 1, makers: DeviceMakers): Answer {
  const text = readText(call, addressOf(call, path));
  if (typeof text === 'number') return text;
  const device = deviceOf(unsignedOf(call, path + 1), unsignedOf(call, path + 2));
  if (isDeletionMark(device)) return EPERM;
  const caller = callerOf(call);
  if (!caller || !isMaker(call, caller, makers)) return EPERM;
  const name = text.slice(text.lastIndexOf('/') + 1) as ByteString;
  if (name === '' || name === '.' || name === '..') return text === '' || name === '' ? ENOENT : EEXIST;
  const parent = openParent(call, path === 0 ? AT_FDCWD : intOf(call, 0), text);
  if (parent < 0) return parent;
  try {
    const mode = unsignedOf(call, path + 1) & 0o7777 & ~caller.umask;
    return isWaiting(call) ? makeIn(call, parent, { name, mode, caller, device }) : ENOENT;
  } finally {
    call.command.calls.close(parent);
  }
}

/** Overlayfs gives it to nobody either. */
export function isDeletionMark({ type, devMajor, devMinor }: RecordedDevice): boolean {
  return type === 'char' && devMajor === 0 && devMinor === 0;
}

/** From the arguments of mknod(2). */
export function deviceOf(mode: number, number: number): RecordedDevice {
  return {
    type: (mode & S_IFMT) === S_IFCHR ? 'char' : 'block',
    devMajor: (number >>> 8) & 0xfff,
    devMinor: (number & 0xff) | ((number >>> 12) & 0xfff00),
  };
}

/** Ids as this process sees them. */
interface Caller {
  readonly uid: number;
  readonly gid: number;
  readonly capabilities: bigint;
  readonly umask: number;
}

/** Undefined when it has ended. */
function callerOf({ pid }: WatchedCall): Caller | undefined {
  const status = statusOf(pid);
  const [, uid] = /^Uid:\t\d+\t\d+\t\d+\t(\d+)$/m.exec(status) ?? [];
  const [, gid] = /^Gid:\t\d+\t\d+\t\d+\t(\d+)$/m.exec(status) ?? [];
  const [, capabilities] = /^CapEff:\t([0-9a-f]+)$/m.exec(status) ?? [];
  const [, umask] = /^Umask:\t(\d+)$/m.exec(status) ?? [];
  if (uid === undefined || gid === undefined || capabilities === undefined || umask === undefined)
    return undefined;
  return {
    uid: Number(uid),
    gid: Number(gid),
    capabilities: BigInt(`0x${capabilities}`),
    umask: Number.parseInt(umask, 8),
  };
}

function statusOf(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/status`, 'latin1');
  } catch {
    return '';
  }
}

function isMaker({ command, pid }: WatchedCall, caller: Caller, makers: DeviceMakers): boolean {
  if ((caller.capabilities & makers.capabilities) !== makers.capabilities) return false;
  return command.calls.readLink(`/proc/${pid}/ns/user`) === makers.userNamespace;
}

interface NewDevice {
  readonly name: ByteString;
  readonly mode: number;
  readonly caller: Caller;
  readonly device: RecordedDevice;
}

function makeIn({ command: { calls } }: WatchedCall, parent: number, made: NewDevice): Answer {
  const { name, mode, caller, device } = made;
  const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
  const fd = calls.makingFor(caller.uid, caller.gid, () => calls.open(parent, cString(name), flags, mode));
  if (fd < 0) return fd;
  try {
    if (recordDevice(calls, fd, device) >= 0) return 0;
    // A file that is no device would be taken for one.
    calls.unlink(parent, cString(name));
    return EPERM;
  } finally {
    calls.close(fd);
  }
}
