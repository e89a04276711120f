// One object of a tree on disk as a layer describes it, and whether two of them are the same. The path leads through real directories,
// and nobody writes to the tree.
import { closeSync, constants, lstatSync, openSync, readlinkSync, readSync, type BigIntStats } from 'node:fs';
import { fromBuffer, toPath, type ByteString } from '../../core/bytes.js';
import type { ContentRef, TreeNode } from '../../layer/entry.js';
import { timestampOf } from '../sandbox/path-in-root.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { objectOnDisk } from './object-on-disk.js';
import { isLayerXattr, xattrForLayer, type Ownership } from './ownership.js';

export interface NodeAt {
  readonly path: ByteString;
  readonly stat: BigIntStats;
  readonly node: TreeNode;
}

export interface Inspected {
  readonly path: ByteString;
  readonly stat: BigIntStats;
  readonly attributes: Readonly<Record<string, ByteString>>;
}

export function nodeAt(calls: SystemCalls, path: ByteString, ownership: Ownership): NodeAt {
  const where = toPath(path);
  const stat = lstatSync(where, { bigint: true });
  return nodeFrom({ path, stat, attributes: calls.listXattrs(where) }, ownership);
}

/** The same of an object whose status and attributes are known. */
export function nodeFrom({ path, stat, attributes }: Inspected, ownership: Ownership): NodeAt {
  const { type, uid, gid, devMajor, devMinor } = objectOnDisk(ownership, stat, attributes);
  const { seconds: mtime, nanoseconds: mtimeNsec } = timestampOf(stat.mtimeNs);
  const mode = Number(stat.mode) & 0o7777;
  const common = { type, mode, uid, gid, size: 0, mtime, mtimeNsec };
  let node: TreeNode = common;
  if (type === 'file') node = { ...common, size: Number(stat.size), content: contentAt(path, stat) };
  else if (type === 'symlink') node = { ...common, link: linkAt(path) };
  else if (devMajor !== undefined && devMinor !== undefined) node = { ...common, devMajor, devMinor };
  const xattrs = layerXattrs(attributes);
  return { path, stat, node: xattrs ? { ...node, xattrs } : node };
}

function contentAt(path: ByteString, stat: BigIntStats): ContentRef {
  return { kind: 'file', path, ino: Number(stat.ino) };
}

function linkAt(path: ByteString): ByteString {
  return fromBuffer(readlinkSync(toPath(path), { encoding: 'buffer' }));
}

function layerXattrs(attributes: Inspected['attributes']): TreeNode['xattrs'] {
  const kept = Object.entries(attributes).filter(([name]) => isLayerXattr(name));
  if (kept.length === 0) return undefined;
  return Object.fromEntries(kept.map(([name, value]) => [name, xattrForLayer(name, value)]));
}

/** Type, mode, owner, device and attributes. */
export function isSameNode(a: NodeAt, b: NodeAt): boolean {
  if (a.stat.mode !== b.stat.mode || a.stat.rdev !== b.stat.rdev) return false;
  if (a.node.uid !== b.node.uid || a.node.gid !== b.node.gid) return false;
  if (a.node.devMajor !== b.node.devMajor || a.node.devMinor !== b.node.devMinor) return false;
  const [now, before] = [a.node.xattrs ?? {}, b.node.xattrs ?? {}];
  return (
    Object.keys(now).length === Object.keys(before).length &&
    Object.entries(before).every(([name, value]) => now[name] === value)
  );
}

/** Time of modification and bytes. */
export function isSameContent(a: NodeAt, b: NodeAt): boolean {
  if (a.stat.size !== b.stat.size || a.stat.mtimeNs !== b.stat.mtimeNs) return false;
  if (a.node.type === 'symlink') return a.node.link === b.node.link;
  return a.node.type !== 'file' || a.stat.size === 0n || isSameBytes(a.path, b.path);
}

function isSameBytes(a: ByteString, b: ByteString): boolean {
  const open = (path: ByteString): number =>
    openSync(toPath(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  const fds = [open(a), open(b)] as const;
  const buffers = [Buffer.allocUnsafe(1 << 18), Buffer.allocUnsafe(1 << 18)] as const;
  try {
    for (;;) {
      const [length, other] = [readSync(fds[0], buffers[0]), readSync(fds[1], buffers[1])] as const;
      if (length !== other || buffers[0].compare(buffers[1], 0, length, 0, length) !== 0) return false;
      if (length === 0) return true;
    }
  } finally {
    for (const fd of fds) closeSync(fd);
  }
}
