// stat(2) and statx(2) that show recorded owners and devices. An object without a record is left to the kernel, which
// shows it as root's.
import type { ByteString } from '../../core/bytes.js';
import type { RecordedDevice, RecordedOwner } from '../../rootfs/owner-record.js';
import { AT_EMPTY_PATH, AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { deviceAt, ownerOf, pathOfDescriptor, recordAt } from './owner-of-object.js';
import { isRootOwner } from '../../rootfs/owner-record.js';
import { S_IFBLK, S_IFCHR, S_IFMT, STAT_LAYOUT } from '../../host/stat-layout.js';
import { statusIn } from './status.js';
import { addressOf, intOf, unsignedOf, type Answer, type Handler, type TrappedCall } from './watched-call.js';
import { openObject, procPath, readText, writeBytes, type Followed } from './target.js';

const AT_SYMLINK_NOFOLLOW = 0x100;

/** struct statx (linux/stat.h): where it holds what. */
export const STATX = {
  bytes: 256,
  uid: 20,
  gid: 24,
  mode: 28,
  size: 40,
  atime: 64,
  mtime: 112,
  rdevMajor: 128,
  rdevMinor: 132,
};

export const showStatusHandlers: Readonly<Record<string, Handler>> = {
  stat: (call) => showPath(call, AT_FDCWD, 0, { isFollowed: true }, showStat(1)),
  lstat: (call) => showPath(call, AT_FDCWD, 0, { isFollowed: false }, showStat(1)),
  fstat: (call) => showDescriptor(call, intOf(call, 0), showStat(1)),
  newfstatat: (call) => showAt(call, intOf(call, 3), showStat(2)),
  statx: (call) => showAt(call, intOf(call, 2), showStatx),
};

type Show = (call: TrappedCall, fd: number) => Answer;

function showAt(call: TrappedCall, flags: number, show: Show): Answer {
  const isFollowed = (flags & AT_SYMLINK_NOFOLLOW) === 0;
  const dir = intOf(call, 0);
  if ((flags & AT_EMPTY_PATH) !== 0) {
    // Newer C libraries ask so about descriptors, with an empty path or none.
    const path = addressOf(call, 1) === 0n ? '' : readText(call, addressOf(call, 1));
    if (path === '') return showDescriptor(call, dir, show);
  }
  return showPath(call, dir, 1, { isFollowed }, show);
}

function showPath(call: TrappedCall, dir: number, index: number, followed: Followed, show: Show): Answer {
  const path = readText(call, addressOf(call, index));
  if (typeof path === 'number' || path === '') return 'continue';
  const isLookedFor = /proc|dev/.test(path);
  return showOpened(call, openObject(call, dir, path, { ...followed, isLookedFor }), show);
}

function showDescriptor(call: TrappedCall, fd: number, show: Show): Answer {
  // Most files have no record: one call finds it out.
  if (!recordAt(call.command.calls, procPath(call.pid, fd))) return 'continue';
  return showOpened(call, openObject(call, fd, '' as ByteString, { isFollowed: true }), show);
}

/** The kernel itself says why something cannot be opened. */
function showOpened(call: TrappedCall, fd: number, show: Show): Answer {
  if (fd < 0) return 'continue';
  try {
    return show(call, fd);
  } finally {
    call.command.calls.close(fd);
  }
}

interface Shown {
  readonly owner: RecordedOwner;
  readonly device: RecordedDevice | undefined;
  /** The access time stands for the owner. */
  readonly isTimeRecord: boolean;
}

const stat = Buffer.alloc(STAT_LAYOUT.bytes);
const statx = Buffer.alloc(STATX.bytes);

/** What differs from what the kernel shows; fills `stat`. Undefined: nothing. */
function shownOf({ command: { calls } }: TrappedCall, fd: number): Shown | undefined {
  if (calls.stat(fd, stat) < 0) return undefined;
  const status = statusIn(stat);
  const owner = ownerOf(calls, fd, status);
  const mayBeDevice = status.type === 'file' && status.size === 0n;
  const device = mayBeDevice ? deviceAt(calls, pathOfDescriptor(fd)) : undefined;
  if (isRootOwner(owner) && !device) return undefined;
  return { owner, device, isTimeRecord: status.type === 'other' };
}

export function modeOf(mode: number, device: RecordedDevice): number {
  return (mode & ~S_IFMT) | (device.type === 'char' ? S_IFCHR : S_IFBLK);
}

function showStat(index: number): Show {
  return (call, fd) => {
    const shown = shownOf(call, fd);
    if (!shown) return 'continue';
    const { uid, gid, mode, rdev, atime, mtime } = STAT_LAYOUT;
    stat.writeUInt32LE(shown.owner.uid, uid);
    stat.writeUInt32LE(shown.owner.gid, gid);
    if (shown.isTimeRecord) stat.copy(stat, atime, mtime, mtime + 16);
    if (shown.device) {
      stat.writeUInt32LE(modeOf(stat.readUInt32LE(mode), shown.device), mode);
      stat.writeBigUInt64LE(BigInt(deviceNumber(shown.device)), rdev);
    }
    return writeBytes(call, addressOf(call, index), stat);
  };
}

/** As the kernel encodes it for user space (linux/kdev_t.h new_encode_dev). */
export function deviceNumber({ devMajor, devMinor }: RecordedDevice): number {
  return ((devMinor & 0xff) | (devMajor << 8) | ((devMinor & ~0xff) << 12)) >>> 0;
}

function showStatx(call: TrappedCall, fd: number): Answer {
  const shown = shownOf(call, fd);
  if (!shown) return 'continue';
  const flags = intOf(call, 2) & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
  const result = call.command.calls.statx(fd, flags, unsignedOf(call, 3), statx);
  if (result < 0) return result;
  statx.writeUInt32LE(shown.owner.uid, STATX.uid);
  statx.writeUInt32LE(shown.owner.gid, STATX.gid);
  if (shown.isTimeRecord) statx.copy(statx, STATX.atime, STATX.mtime, STATX.mtime + 12);
  if (shown.device) {
    statx.writeUInt16LE(modeOf(statx.readUInt16LE(STATX.mode), shown.device), STATX.mode);
    statx.writeUInt32LE(shown.device.devMajor, STATX.rdevMajor);
    statx.writeUInt32LE(shown.device.devMinor, STATX.rdevMinor);
  }
  return writeBytes(call, addressOf(call, 4), statx);
}
