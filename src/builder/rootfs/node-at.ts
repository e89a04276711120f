// One object of a tree on disk as a layer describes it, and whether two of them are the same. The path leads through real directories,
// and nobody writes to the tree.
import { closeSync, constants, lstatSync, openSync, readlinkSync, readSync, type BigIntStats } from 'node:fs';
import { fromBuffer, type ByteString } from '../../core/bytes.js';
import type { TreeNode } from '../../layer/entry.js';
import { timestampOf } from '../sandbox/path-in-root.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { objectOnDisk } from './object-on-disk.js';
import { isLayerXattr, xattrForLayer, type Ownership } from './ownership.js';

export interface NodeAt {
  readonly path: Buffer;
  readonly stat: BigIntStats;
  readonly node: TreeNode;
}

export interface Inspected {
  readonly path: Buffer;
  readonly stat: BigIntStats;
  readonly attributes: Readonly<Record<string, ByteString>>;
}

export function nodeAt(calls: SystemCalls, path: Buffer, ownership: Ownership): NodeAt {
  const stat = lstatSync(path, { bigint: true });
  return nodeFrom({ path, stat, attributes: calls.listXattrs(path) }, ownership);
}

/** The same of an object whose status and attributes are known. */
export function nodeFrom({ path, stat, attributes }: Inspected, ownership: Ownership): NodeAt {
  const kept = Object.entries(attributes).filter(([name]) => isLayerXattr(name));
  const object = objectOnDisk(ownership, stat, attributes);
  const time = timestampOf(stat.mtimeNs);
  const { type } = object;
  const node: TreeNode = {
    ...object,
    mode: Number(stat.mode) & 0o7777,
    size: type === 'file' ? Number(stat.size) : 0,
    mtime: time.seconds,
    mtimeNsec: time.nanoseconds,
    ...(type === 'symlink' && { link: fromBuffer(readlinkSync(path, { encoding: 'buffer' })) }),
    ...(kept.length > 0 && {
      xattrs: Object.fromEntries(kept.map(([name, value]) => [name, xattrForLayer(name, value)])),
    }),
    ...(type === 'file' && {
      content: { kind: 'file', path: fromBuffer(path), ino: Number(stat.ino) } as const,
    }),
  };
  return { path, stat, node };
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

function isSameBytes(a: Buffer, b: Buffer): boolean {
  const open = (path: Buffer): number => openSync(path, constants.O_RDONLY | constants.O_NOFOLLOW);
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
