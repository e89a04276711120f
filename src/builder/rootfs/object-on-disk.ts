// What an object on disk is in a layer, where a scheme of ownership does not leave it to the inode: its owner, and a device.
import type { ByteString } from '../../core/bytes.js';
import type { NodeType, TreeNode } from '../../layer/entry.js';
import type { InodeStatus } from '../sandbox/syscalls/inode-status.js';
import { S_IFBLK, S_IFDIR, S_IFIFO, S_IFLNK, S_IFMT, S_IFREG } from '../../layer/host/stat-layout.js';
import type { Ownership } from './ownership.js';

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
  const device = type === 'file' && stat.size === 0 ? ownership.deviceOf?.(attributes) : undefined;
  return device ? { uid, gid, ...device } : { type, uid, gid };
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
