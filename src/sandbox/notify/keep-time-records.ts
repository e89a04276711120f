// utimensat(2) and its kin on what keeps its owner in the access time (owner-record.ts): the record stays, the
// modification time is set. Archivers set times after owners. Times are changed by the owner alone, whom the kernel
// does not know.
import { ownerOfTime } from '../../rootfs/owner-record.js';
import { AT_EMPTY_PATH, AT_FDCWD } from '../../host/syscalls/file-calls.js';
import type { ByteString } from '../../core/bytes.js';
import { isPrivileged } from './credentials.js';
import { EACCES, EFAULT, ENOENT, EPERM } from './errno.js';
import { isKernelObject } from './kernel-object.js';
import { ownerOf, recordAsTime } from './owner-of-object.js';
import { isGranted, MAY_WRITE } from './permission.js';
import { readStatus, type Status } from './status.js';
import { addressOf, intOf, isWaiting, type Answer, type Handler, type TrappedCall } from './watched-call.js';
import { openObject, readBytes, readText } from './target.js';

const AT_SYMLINK_NOFOLLOW = 0x100;
const UTIME_OMIT = 0x3ffffffe;
const UTIME_NOW = 0x3fffffff;

/** Where two times in memory hold the second one. */
interface Layout {
  readonly bytes: number;
  readonly seconds: number;
  readonly isWide: boolean;
  /** Nanoseconds, or microseconds when `scale` is 1000; absent: none. */
  readonly fraction?: number;
  readonly scale?: number;
}

const TIMESPEC: Layout = { bytes: 32, seconds: 16, isWide: true, fraction: 24 };
const TIMESPEC_32: Layout = { bytes: 16, seconds: 8, isWide: false, fraction: 12 };

export const keepTimeRecordsHandlers: Readonly<Record<string, Handler>> = {
  ...handlersWith(TIMESPEC),
  utime: (call) => change(call, { ...atPath(0), layout: { bytes: 16, seconds: 8, isWide: true } }),
};

/** Of programs of 32 bits. */
export const narrowTimeHandlers: Readonly<Record<string, Handler>> = {
  ...handlersWith(TIMESPEC_32),
  utime: (call) => change(call, { ...atPath(0), layout: { bytes: 8, seconds: 4, isWide: false } }),
  utimensat_time64: utimensatWith(TIMESPEC),
};

interface Arguments {
  readonly dir: number;
  /** Indices of the arguments. */
  readonly path: number;
  readonly times: number;
  readonly isFollowed: boolean;
  /** The directory itself is meant, by no path or by an empty one. */
  readonly mayBeMissing?: boolean;
  readonly mayBeEmpty?: boolean;
  readonly layout: Layout;
}

function atPath(path: number, dir: number = AT_FDCWD): Omit<Arguments, 'layout'> {
  return { dir, path, times: path + 1, isFollowed: true };
}

function handlersWith(timespec: Layout): Record<string, Handler> {
  // struct timeval differs in the unit of its fraction.
  const layout = { ...timespec, scale: 1000 };
  return {
    utimes: (call) => change(call, { ...atPath(0), layout }),
    futimesat: (call) => change(call, { ...atPath(1, intOf(call, 0)), layout }),
    utimensat: utimensatWith(timespec),
  };
}

function utimensatWith(layout: Layout): Handler {
  return (call) => {
    const flags = intOf(call, 3);
    const isFollowed = (flags & AT_SYMLINK_NOFOLLOW) === 0;
    const mayBeEmpty = (flags & AT_EMPTY_PATH) !== 0;
    return change(call, { ...atPath(1, intOf(call, 0)), isFollowed, mayBeMissing: true, mayBeEmpty, layout });
  };
}

function change(call: TrappedCall, wanted: Arguments): Answer {
  const { dir, path, times, isFollowed, mayBeMissing, mayBeEmpty, layout } = wanted;
  const isMissing = addressOf(call, path) === 0n && mayBeMissing && dir !== AT_FDCWD;
  const text = isMissing ? ('' as ByteString) : readText(call, addressOf(call, path));
  if (typeof text === 'number' || (text === '' && !isMissing && !mayBeEmpty)) return 'continue';
  const { calls } = call.command;
  const fd = openObject(call, dir, text, { isFollowed });
  if (fd < 0) return 'continue';
  try {
    const status = readStatus(calls, fd);
    if (status.type === 'device' || isKernelObject(calls, fd)) return 'continue';
    const bytes =
      addressOf(call, times) === 0n ? undefined : readBytes(call, addressOf(call, times), layout.bytes);
    if (addressOf(call, times) !== 0n && !bytes) return EFAULT;
    const mtime = bytes ? secondTime(bytes, layout) : 'now';
    const refusal = refusalOf(call, fd, status, bytes === undefined);
    if (refusal !== undefined) return refusal;
    const owner = status.type === 'other' ? ownerOfTime(status.atime) : undefined;
    if (!owner && !isForged(status, bytes, layout)) return 'continue';
    if (!isWaiting(call)) return ENOENT;
    return owner
      ? recordAsTime(calls, fd, owner, mtime)
      : calls.setTimes(fd, { atime: 'now', ...(mtime && { mtime }) });
  } finally {
    calls.close(fd);
  }
}

/** Whether an access time that a process sets would be read as the record of an owner. */
function isForged({ type }: Status, times: Buffer | undefined, layout: Layout): boolean {
  const first = {
    ...layout,
    seconds: 0,
    ...(layout.fraction && { fraction: layout.fraction - layout.seconds }),
  };
  const atime = type === 'other' && times ? secondTime(times, first) : undefined;
  if (typeof atime !== 'object') return false;
  return (
    ownerOfTime({ seconds: Number(atime.seconds), nanoseconds: Number(atime.nanoseconds) }) !== undefined
  );
}

/** Whoever may write may set the times to now. */
function refusalOf(call: TrappedCall, fd: number, status: Status, isNow: boolean): number | undefined {
  const credentials = call.command.credentials.of(call.pid);
  if (isPrivileged(credentials)) return undefined;
  const owner = ownerOf(call.command.calls, fd, status);
  if (owner.uid === credentials.user.filesystem) return undefined;
  if (!isNow) return EPERM;
  return isGranted(credentials, owner, status.mode, MAY_WRITE) ? undefined : EACCES;
}

function secondTime(times: Buffer, { seconds: at, isWide, fraction, scale = 1 }: Layout) {
  const seconds = isWide ? times.readBigInt64LE(at) : BigInt(times.readInt32LE(at));
  const part = fraction === undefined ? 0 : times.readUInt32LE(fraction);
  if (scale === 1 && part === UTIME_OMIT) return undefined;
  if (scale === 1 && part === UTIME_NOW) return 'now' as const;
  return { seconds, nanoseconds: BigInt(part * scale) };
}
