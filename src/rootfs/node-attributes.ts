// What an object in the tree of a layer gets beside its name and content: owner, mode, extended attributes and times.
import { closeSync, fchmodSync, fchownSync, fstatSync, type BigIntStats } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import type { TreeNode } from '../layer/entry.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import type { Timestamp } from '../host/syscalls/object-status.js';
import { openBelow } from './lower-trees.js';
import { DEVICE_XATTR, deviceOfNode, encodeDevice } from './owner-record.js';
import {
  groupOnDisk,
  isTreeXattr,
  xattrForTree,
  type Owner,
  type Ownership,
  type RecordedNode,
} from './ownership.js';

/** Bits that chown(2) clears, and that mkdir(2) does not take. */
const SET_ID_BITS = 0o6000;

export interface AttributeWriter {
  /** Of an open object. */
  setOwner(fd: number, owner: RecordedNode): void;
  /** All but times of an open object. `created`: the mode that it was made with, when that is known. */
  finishOpen(fd: number, node: TreeNode, created: number | undefined): void;
  /** What an object that is not open gets: nothing else of it can be set. */
  finishAt(parent: number, name: ByteString, node: TreeNode): void;
}

export function createAttributeWriter(calls: SystemCalls, ownership: Ownership): AttributeWriter {
  function setOwner(fd: number, owner: RecordedNode): void {
    fchownSync(fd, ownership.idOnDisk(owner.uid), groupOnDisk(ownership, owner.gid));
    const record = ownership.record(owner);
    for (const key in record) calls.setXattr(fd, key, record[key]!);
    const device = deviceOfNode(owner);
    if (device) calls.setXattr(fd, DEVICE_XATTR, encodeDevice(device));
  }

  function finishAt(parent: number, name: ByteString, node: TreeNode): void {
    calls.lchownat(parent, name, ownership.idOnDisk(node.uid), groupOnDisk(ownership, node.gid));
    const atime = ownership.accessTime?.(node);
    calls.utimensat(parent, name, { mtime: timeOf(node), ...(atime && { atime }) });
  }

  function finishOpen(fd: number, node: TreeNode, created: number | undefined): void {
    // Owner first: changing it clears set-id bits and capabilities.
    setOwner(fd, node);
    if (created !== node.mode || (node.mode & SET_ID_BITS) !== 0) fchmodSync(fd, node.mode);
    for (const key in node.xattrs)
      if (isTreeXattr(key)) calls.setXattr(fd, key, xattrForTree(key, node.xattrs[key]!, ownership));
  }

  return { setOwner, finishOpen, finishAt };
}

export function timeOf(node: TreeNode): Timestamp {
  return { seconds: node.mtime, nanoseconds: node.mtimeNsec };
}

/** The directory that the layers below show at `path`. */
export function directoryBelow(
  calls: SystemCalls,
  { lowers, ownership }: { readonly lowers: readonly string[]; readonly ownership: Ownership },
  path: ByteString,
): { readonly stat: BigIntStats; readonly owner: Owner } | undefined {
  const fd = openBelow(calls, lowers, path);
  if (fd === undefined) return undefined;
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isDirectory()) return undefined;
    const ids = { uid: Number(stat.uid), gid: Number(stat.gid) };
    return { stat, owner: ownership.ownerOf(ids, calls.listXattrs(`/proc/self/fd/${fd}/.`)) };
  } finally {
    closeSync(fd);
  }
}
