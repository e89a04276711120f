// Reading and writing the records of open objects (owner-record.ts).
import {
  decodeDevice,
  decodeOwner,
  DEVICE_XATTR,
  encodeDevice,
  encodeOwner,
  isRootOwner,
  MAX_RECORD_BYTES,
  OWNER_XATTR,
  ownerOfTime,
  timeOfOwner,
  type RecordedDevice,
  type RecordedOwner,
} from '../../rootfs/owner-record.js';
import type { NotifyCalls } from '../../host/syscalls/notify-calls.js';
import { ENODATA, EOPNOTSUPP, EOVERFLOW } from './errno.js';
import { readStatus, type Status } from './status.js';

const ROOT: RecordedOwner = { uid: 0, gid: 0 };
const value = Buffer.alloc(MAX_RECORD_BYTES);

/** The path that leads to an open object, of any type. */
export function pathOfDescriptor(fd: number): string {
  return `/proc/self/fd/${fd}`;
}

/** The record of a regular file or directory, by a path that leads to it; undefined without one. */
export function recordAt(calls: NotifyCalls, path: string): RecordedOwner | undefined {
  return decodeOwner(attributeAt(calls, path, OWNER_XATTR));
}

export function deviceAt(calls: NotifyCalls, path: string): RecordedDevice | undefined {
  return decodeDevice(attributeAt(calls, path, DEVICE_XATTR));
}

function attributeAt(calls: NotifyCalls, path: string, name: string): string | undefined {
  const length = calls.getXattr(path, name, value);
  return length < 0 ? undefined : value.toString('latin1', 0, length);
}

/** Whose an open object is. */
export function ownerOf(
  calls: NotifyCalls,
  fd: number,
  status: Status = readStatus(calls, fd),
): RecordedOwner {
  const hasAttributes = status.type === 'file' || status.type === 'dir';
  const owner = hasAttributes ? recordAt(calls, pathOfDescriptor(fd)) : ownerOfTime(status.atime);
  return owner ?? ROOT;
}

/** Writes down whose an open object is. 0 or a negative errno. */
export function recordOwner(
  calls: NotifyCalls,
  fd: number,
  owner: RecordedOwner,
  status: Status = readStatus(calls, fd),
): number {
  if (status.type === 'file' || status.type === 'dir') return recordAsAttribute(calls, fd, owner);
  // Devices are those of the host, which the command is only shown.
  if (status.type === 'device') return 0;
  if (!isRootOwner(owner)) return recordAsTime(calls, fd, owner, undefined);
  return ownerOfTime(status.atime) ? calls.setTimes(fd, { atime: 'now' }) : 0;
}

/** Sets the access time that stands for the owner, and the given modification time. 0 or a negative errno. */
export function recordAsTime(
  calls: NotifyCalls,
  fd: number,
  owner: RecordedOwner,
  mtime: Parameters<NotifyCalls['setTimes']>[1]['mtime'],
): number {
  const time = timeOfOwner(owner);
  if (!time) return EOVERFLOW;
  const atime = { seconds: BigInt(time.seconds), nanoseconds: BigInt(time.nanoseconds) };
  return calls.setTimes(fd, { atime, ...(mtime !== undefined && { mtime }) });
}

function recordAsAttribute(calls: NotifyCalls, fd: number, owner: RecordedOwner): number {
  const path = pathOfDescriptor(fd);
  // The record of a device is found by that of its owner.
  const isRemoved = isRootOwner(owner) && deviceAt(calls, path) === undefined;
  const result = isRemoved
    ? calls.removeXattr(path, OWNER_XATTR)
    : calls.setXattr(path, OWNER_XATTR, encodeOwner(owner));
  // A tmpfs of a kernel before 6.6 keeps no record; it never is part of a layer.
  return result === ENODATA || result === EOPNOTSUPP ? 0 : result;
}

/** Marks an empty file as a device. 0 or a negative errno. */
export function recordDevice(calls: NotifyCalls, fd: number, device: RecordedDevice): number {
  return calls.setXattr(pathOfDescriptor(fd), DEVICE_XATTR, encodeDevice(device));
}
