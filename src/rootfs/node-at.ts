// One object of a tree on disk as a layer describes it, and whether two of them are the same. The path leads through
// real directories, and nobody writes to the tree.
import { closeSync, constants, openSync, readlinkSync, readSync } from 'node:fs';
import { fromBuffer, toPath, type ByteString } from '../core/bytes.js';
import { invariant } from '../core/errors.js';
import type { ContentRef, TreeNode } from '../layer/entry.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import type { InodeStatus } from '../host/syscalls/inode-status.js';
import { objectOnDisk } from './object-on-disk.js';
import { isLayerXattr, xattrForLayer, type Ownership } from './ownership.js';

export interface NodeAt {
  readonly path: ByteString;
  readonly stat: InodeStatus;
  readonly node: TreeNode;
}

export interface Inspected {
  readonly path: ByteString;
  readonly stat: InodeStatus;
  readonly attributes: Readonly<Record<string, ByteString>>;
  /** Where it was looked at through a descriptor. */
  readonly opened?: FileContent['opened'] | undefined;
}

type FileContent = Extract<ContentRef, { kind: 'file' }>;

export function nodeAt(calls: SystemCalls, path: ByteString, ownership: Ownership): NodeAt {
  const stat = calls.inodeStatusAt(AT_FDCWD, path);
  invariant(stat, 'an object that was seen is gone, and nobody writes to its tree');
  return nodeFrom({ path, stat, attributes: calls.listXattrs(toPath(path)) }, ownership);
}

/** The same of an object whose status and attributes are known. */
export function nodeFrom({ path, stat, attributes, opened }: Inspected, ownership: Ownership): NodeAt {
  const { type, uid, gid, devMajor, devMinor } = objectOnDisk(ownership, stat, attributes);
  const { seconds: mtime, nanoseconds: mtimeNsec } = stat.mtime;
  const mode = stat.mode & 0o7777;
  const xattrs = layerXattrs(attributes);
  if (type === 'file') {
    // One literal for the many: an object for each member that may be there costs more than the look at the file.
    const node = {
      type,
      mode,
      uid,
      gid,
      size: stat.size,
      mtime,
      mtimeNsec,
      content: contentAt(path, stat, opened),
    };
    return { path, stat, node: xattrs ? { ...node, xattrs } : node };
  }
  const node: TreeNode = {
    type,
    mode,
    uid,
    gid,
    size: 0,
    mtime,
    mtimeNsec,
    ...(type === 'symlink' && { link: linkAt(path) }),
    ...(devMajor !== undefined && devMinor !== undefined && { devMajor, devMinor }),
    ...(xattrs && { xattrs }),
  };
  return { path, stat, node };
}

function contentAt(path: ByteString, { ino }: InodeStatus, opened: FileContent['opened']): ContentRef {
  return opened ? { kind: 'file', path, ino, opened } : { kind: 'file', path, ino };
}

function linkAt(path: ByteString): ByteString {
  return fromBuffer(readlinkSync(toPath(path), { encoding: 'buffer' }));
}

function layerXattrs(attributes: Inspected['attributes']): TreeNode['xattrs'] {
  const names = Object.keys(attributes);
  if (names.length === 0) return undefined;
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

/** Size and time of modification. */
export function isSameStamp(a: InodeStatus, b: InodeStatus): boolean {
  return (
    a.size === b.size && a.mtime.seconds === b.mtime.seconds && a.mtime.nanoseconds === b.mtime.nanoseconds
  );
}

/** Time of modification and bytes. */
export function isSameContent(a: NodeAt, b: NodeAt): boolean {
  if (!isSameStamp(a.stat, b.stat)) return false;
  if (a.node.type === 'symlink') return a.node.link === b.node.link;
  return a.node.type !== 'file' || a.stat.size === 0 || isSameBytes(a.path, b.path);
}

function isSameBytes(a: ByteString, b: ByteString): boolean {
  return whileOpen(a, (first) => whileOpen(b, (second) => hasSameBytes(first, second)));
}

function whileOpen(path: ByteString, work: (fd: number) => boolean): boolean {
  const fd = openSync(toPath(path), constants.O_RDONLY | constants.O_NOFOLLOW);
  try {
    return work(fd);
  } finally {
    closeSync(fd);
  }
}

function hasSameBytes(first: number, second: number): boolean {
  const buffers = [Buffer.allocUnsafe(1 << 18), Buffer.allocUnsafe(1 << 18)] as const;
  for (;;) {
    const [length, other] = [readSync(first, buffers[0]), readSync(second, buffers[1])] as const;
    if (length !== other || buffers[0].compare(buffers[1], 0, length, 0, length) !== 0) return false;
    if (length === 0) return true;
  }
}
