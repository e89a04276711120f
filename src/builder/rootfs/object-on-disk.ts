// What an object on disk is in a layer, where a scheme of ownership does not leave it to the inode: its owner, and a device.
import type { BigIntStats } from 'node:fs';
import type { ByteString } from '../../core/bytes.js';
import type { NodeType, TreeNode } from '../../layer/entry.js';
import { timestampOf } from '../sandbox/path-in-root.js';
import type { Ownership } from './ownership.js';

/** `attributes`: all extended attributes of the object. */
export function objectOnDisk(
  ownership: Ownership,
  stat: BigIntStats,
  attributes: Readonly<Record<string, ByteString>>,
): Pick<TreeNode, 'type' | 'uid' | 'gid' | 'devMajor' | 'devMinor'> {
  const ids = { uid: Number(stat.uid), gid: Number(stat.gid) };
  const hasAttributes = stat.isFile() || stat.isDirectory();
  const { uid, gid } = ownership.ownerOf(
    hasAttributes ? ids : { ...ids, atime: timestampOf(stat.atimeNs) },
    attributes,
  );
  const device = stat.isFile() && stat.size === 0n ? ownership.deviceOf?.(attributes) : undefined;
  return { type: typeOf(stat), uid, gid, ...device };
}

function typeOf(stat: BigIntStats): NodeType {
  if (stat.isFile()) return 'file';
  if (stat.isDirectory()) return 'dir';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isFIFO()) return 'fifo';
  return stat.isBlockDevice() ? 'block' : 'char';
}
