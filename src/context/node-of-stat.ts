// From lstat to the node of a tree. Files of a context belong to 0:0 (BuildKit's client sync zeroes the owner); everything else is kept.
import type { BigIntStats } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import type { ContentRef, NodeType, TreeNode } from '../layer/entry.js';

export interface NodeDetails {
  /** Absolute path on the host. */
  readonly path: ByteString;
  /** Text of a symbolic link. */
  readonly link?: ByteString;
  readonly xattrs?: Readonly<Record<string, ByteString>>;
  /** Whether a later change of the object is sure to give another change time. */
  readonly isSettled?: boolean;
}

/** A socket becomes an empty regular file, as BuildKit's context sync makes it. */
export function nodeOfStat(stat: BigIntStats, details: NodeDetails): TreeNode {
  const type = typeOf(stat);
  const isFile = type === 'file' && !stat.isSocket();
  return {
    type,
    mode: Number(stat.mode & 0o7777n),
    uid: 0,
    gid: 0,
    size: isFile ? Number(stat.size) : 0,
    ...splitTime(stat.mtimeNs),
    ...(type === 'char' || type === 'block' ? deviceOf(stat.rdev) : {}),
    ...(stat.nlink > 1n && type !== 'dir' ? { inode: `${stat.dev}:${stat.ino}` } : {}),
    ...(details.link === undefined ? {} : { link: details.link }),
    ...(details.xattrs === undefined ? {} : { xattrs: details.xattrs }),
    ...(type === 'file' ? { content: contentOf(stat, details) } : {}),
  };
}

function typeOf(stat: BigIntStats): NodeType {
  if (stat.isFile() || stat.isSocket()) return 'file';
  if (stat.isDirectory()) return 'dir';
  if (stat.isSymbolicLink()) return 'symlink';
  if (stat.isFIFO()) return 'fifo';
  return stat.isCharacterDevice() ? 'char' : 'block';
}

function contentOf(stat: BigIntStats, { path, isSettled }: NodeDetails): ContentRef {
  if (stat.isSocket()) return { kind: 'bytes', data: new Uint8Array(0) };
  const ino = Number(stat.ino);
  return isSettled ? { kind: 'file', path, ino, ctimeNs: stat.ctimeNs } : { kind: 'file', path, ino };
}

const NS_PER_S = 1_000_000_000n;

/** Seconds are rounded down, also before 1970, so that the nanoseconds are never negative. */
function splitTime(timeNs: bigint): { mtime: number; mtimeNsec: number } {
  const nsec = ((timeNs % NS_PER_S) + NS_PER_S) % NS_PER_S;
  return { mtime: Number((timeNs - nsec) / NS_PER_S), mtimeNsec: Number(nsec) };
}

/** The encoding of `makedev(3)` in glibc. */
function deviceOf(rdev: bigint): { devMajor: number; devMinor: number } {
  return {
    devMajor: Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n)),
    devMinor: Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n)),
  };
}
