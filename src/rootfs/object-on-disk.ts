// What an object on disk is in a layer, where that is not left to the inode: its owner, and a device (owner-record.ts).
import type { ByteString } from '../core/bytes.js';
import type { NodeType, TreeNode } from '../layer/entry.js';
import type { InodeStatus } from '../host/syscalls/inode-status.js';
import { S_IFBLK, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '../host/stat-layout.js';
import { HARMLESS_DEVICES } from '../host/harmless-devices.js';
import { decodeDevice, DEVICE_XATTR, type RecordedDevice } from './owner-record.js';
import type { Owner, Ownership } from './ownership.js';

/** `attributes`: all extended attributes of the object. */
export function objectOnDisk(
  ownership: Ownership,
  stat: InodeStatus,
  attributes: Readonly<Record<string, ByteString>>,
): Pick<TreeNode, 'type' | 'uid' | 'gid' | 'devMajor' | 'devMinor'> {
  const { uid: diskUid, gid: diskGid, atime } = stat;
  const type = typeOf(stat.mode);
  const hasAttributes = type === 'file' || type === 'dir';
  const { uid, gid } = ownership.ownerOf(
    hasAttributes ? { uid: diskUid, gid: diskGid } : { uid: diskUid, gid: diskGid, atime },
    attributes,
  );
  // A process that takes it for a device may have written to it.
  const device = type === 'file' ? decodeDevice(attributes[DEVICE_XATTR]) : undefined;
  return device ? { ...ownerOfDevice({ uid, gid }, device), ...device } : { type, uid, gid };
}

/** What a process sees of ids that its namespace does not have. */
const OVERFLOW_ID = 65534;

/**
 * A copy of a device of /dev, which is the host's: with its owner (cp -a) it got what the process sees of the host's
 * root.
 */
function ownerOfDevice({ uid, gid }: Owner, { type, devMajor, devMinor }: RecordedDevice): Owner {
  const isOfHost =
    type === 'char' && HARMLESS_DEVICES.some(({ major, minor }) => major === devMajor && minor === devMinor);
  const mended = (id: number): number => (isOfHost && id === OVERFLOW_ID ? 0 : id);
  return { uid: mended(uid), gid: mended(gid) };
}

function typeOf(mode: number): NodeType {
  switch (mode & S_IFMT) {
    case S_IFREG:
      return 'file';
    case S_IFDIR:
      return 'dir';
    case S_IFLNK:
      return 'symlink';
    case S_IFIFO:
      return 'fifo';
    case S_IFBLK:
      return 'block';
    default:
      return 'char';
  }
}
