// stat(2) and statx(2) that show the devices that empty files stand for (rootfs/owner-record.ts). Everything else is
// left to the kernel.
import type { ByteString } from '../../core/bytes.js';
import { S_IFMT, S_IFREG, STAT_LAYOUT } from '../../host/stat-layout.js';
import type { RecordedDevice } from '../../rootfs/owner-record.js';
import { AT_EMPTY_PATH, AT_FDCWD } from '../../host/syscalls/file-calls.js';
import {
  type DeviceCall,
  type DeviceHandler,
  addressOf,
  intOf,
  unsignedOf,
  type Answer,
} from './watched-call.js';
import { makeDevice } from './make-device.js';
import { deviceAt, pathOfDescriptor } from './owner-of-object.js';
import { deviceNumber, modeOf, STATX } from './show-status.js';
import { openObject, procPath, readText, writeBytes, type Followed } from './target.js';

const AT_SYMLINK_NOFOLLOW = 0x100;

export const deviceHandlers: Readonly<Record<string, DeviceHandler>> = {
  mknod: (call) => makeDevice(call, 0, call.command.makers),
  mknodat: (call) => makeDevice(call, 1, call.command.makers),
  stat: (call) => showPath(call, AT_FDCWD, 0, { isFollowed: true }, showStat(1)),
  lstat: (call) => showPath(call, AT_FDCWD, 0, { isFollowed: false }, showStat(1)),
  fstat: (call) => showDescriptor(call, intOf(call, 0), showStat(1)),
  newfstatat: (call) => showAt(call, intOf(call, 3), showStat(2)),
  statx: (call) => showAt(call, intOf(call, 2), showStatx),
};

type Show = (call: DeviceCall, fd: number, device: RecordedDevice) => Answer;

function showAt(call: DeviceCall, flags: number, show: Show): Answer {
  const dir = intOf(call, 0);
  if ((flags & AT_EMPTY_PATH) !== 0) {
    // Newer C libraries ask so about descriptors, with an empty path or none.
    const path = addressOf(call, 1) === 0n ? '' : readText(call, addressOf(call, 1));
    if (path === '') return showDescriptor(call, dir, show);
  }
  return showPath(call, dir, 1, { isFollowed: (flags & AT_SYMLINK_NOFOLLOW) === 0 }, show);
}

/** The kernel itself says why something cannot be opened. */
function showPath(call: DeviceCall, dir: number, index: number, followed: Followed, show: Show): Answer {
  const path = readText(call, addressOf(call, index));
  if (typeof path === 'number' || path === '') return 'continue';
  const fd = openObject(call, dir, path, followed);
  if (fd < 0) return 'continue';
  try {
    const device = deviceAt(call.command.calls, pathOfDescriptor(fd));
    return device ? show(call, fd, device) : 'continue';
  } finally {
    call.command.calls.close(fd);
  }
}

function showDescriptor(call: DeviceCall, fd: number, show: Show): Answer {
  const { calls } = call.command;
  // Most files have no record: one call finds it out.
  const device = deviceAt(calls, procPath(call.pid, fd));
  const own = device ? openObject(call, fd, '' as ByteString, { isFollowed: true }) : -1;
  if (!device || own < 0) return 'continue';
  try {
    return show(call, own, device);
  } finally {
    calls.close(own);
  }
}

const stat = Buffer.alloc(STAT_LAYOUT.bytes);
const statx = Buffer.alloc(STATX.bytes);

function showStat(index: number): Show {
  return (call, fd, device) => {
    const { calls, idsOfCommand } = call.command;
    const { uid, gid, mode, rdev, size } = STAT_LAYOUT;
    if (calls.stat(fd, stat) < 0 || !isRegular(stat.readUInt32LE(mode))) return 'continue';
    stat.writeUInt32LE(idsOfCommand.user(stat.readUInt32LE(uid)), uid);
    stat.writeUInt32LE(idsOfCommand.group(stat.readUInt32LE(gid)), gid);
    stat.writeUInt32LE(modeOf(stat.readUInt32LE(mode), device), mode);
    stat.writeBigUInt64LE(BigInt(deviceNumber(device)), rdev);
    stat.writeBigUInt64LE(0n, size);
    return writeBytes(call, addressOf(call, index), stat);
  };
}

function showStatx(call: DeviceCall, fd: number, device: RecordedDevice): Answer {
  const { calls, idsOfCommand } = call.command;
  const flags = intOf(call, 2) & ~(AT_EMPTY_PATH | AT_SYMLINK_NOFOLLOW);
  if (calls.statx(fd, flags, unsignedOf(call, 3), statx) < 0 || !isRegular(statx.readUInt16LE(STATX.mode)))
    return 'continue';
  statx.writeUInt32LE(idsOfCommand.user(statx.readUInt32LE(STATX.uid)), STATX.uid);
  statx.writeUInt32LE(idsOfCommand.group(statx.readUInt32LE(STATX.gid)), STATX.gid);
  statx.writeUInt16LE(modeOf(statx.readUInt16LE(STATX.mode), device), STATX.mode);
  statx.writeBigUInt64LE(0n, STATX.size);
  statx.writeUInt32LE(device.devMajor, STATX.rdevMajor);
  statx.writeUInt32LE(device.devMinor, STATX.rdevMinor);
  return writeBytes(call, addressOf(call, 4), statx);
}

function isRegular(mode: number): boolean {
  return (mode & S_IFMT) === S_IFREG;
}
