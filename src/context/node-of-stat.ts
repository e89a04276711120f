// From lstat to the node of a tree. Files of a context belong to 0:0 (BuildKit's client sync zeroes the owner);
// everything else is kept.
import { constants } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import type { ContentRef, NodeType, TreeNode } from '../layer/entry.js';
import type { FileStatus } from '../host/bulk-file-calls.js';
import type { HostRoot } from '../host/open-directories.js';

export interface NodeDetails {
  /** As in `fs.Stats`. */
  readonly mode: number;
  /** The directory of the context. */
  readonly root: HostRoot;
  /** Absolute path on the host. */
  readonly path: ByteString;
  /** Text of a symbolic link. */
  readonly link?: ByteString;
  readonly xattrs?: Readonly<Record<string, ByteString>>;
  /** Whether a later change of the object is sure to give another change time. */
  readonly isSettled?: boolean;
  /** Of a regular file, when it is known without reading. */
  readonly sha256?: string | undefined;
}

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

/** A socket becomes an empty regular file, as BuildKit's context sync makes it. */
export function nodeOfStat(stat: FileStatus, details: NodeDetails): TreeNode {
  const { mode } = details;
  const type = typeOf(mode);
  const nsec = Number(stat.mtimeNs % NS_PER_S);
  const seconds = Number(stat.mtimeNs / NS_PER_S);
  // Contexts have many files: an object that is copied for each member that it may have is a large part of looking at
  // one.
  const node: Mutable<TreeNode> = {
    type,
    mode: mode & 0o7777,
    uid: 0,
    gid: 0,
    size: isRegular(mode) ? Number(stat.size) : 0,
    // Rounded down, also before 1970, so that the nanoseconds are never negative.
    mtime: nsec < 0 ? seconds - 1 : seconds,
    mtimeNsec: nsec < 0 ? nsec + 1_000_000_000 : nsec,
  };
  if (type === 'file') node.content = contentOf(stat, details);
  if (type === 'char' || type === 'block') setDevice(node, stat.rdev);
  if (stat.nlink > 1 && type !== 'dir') node.inode = `${stat.dev}:${stat.ino}`;
  if (details.sha256 !== undefined) node.sha256 = details.sha256;
  if (details.link !== undefined) node.link = details.link;
  if (details.xattrs !== undefined) node.xattrs = details.xattrs;
  return node;
}

/** Whether a mode, as in `fs.Stats`, is that of a regular file. */
export function isRegular(mode: number): boolean {
  return (mode & constants.S_IFMT) === constants.S_IFREG;
}

function typeOf(mode: number): NodeType {
  switch (mode & constants.S_IFMT) {
    case constants.S_IFDIR:
      return 'dir';
    case constants.S_IFLNK:
      return 'symlink';
    case constants.S_IFIFO:
      return 'fifo';
    case constants.S_IFCHR:
      return 'char';
    case constants.S_IFBLK:
      return 'block';
    default:
      return 'file';
  }
}

function contentOf(stat: FileStatus, { mode, root, path, isSettled }: NodeDetails): ContentRef {
  if (!isRegular(mode)) return { kind: 'bytes', data: new Uint8Array(0) };
  const ino = Number(stat.ino);
  return isSettled
    ? { kind: 'file', path, root, ino, ctimeNs: stat.ctimeNs }
    : { kind: 'file', path, root, ino };
}

const NS_PER_S = 1_000_000_000n;

/** The encoding of `makedev(3)` in glibc. */
function setDevice(node: Mutable<TreeNode>, rdev: bigint): void {
  node.devMajor = Number(((rdev >> 8n) & 0xfffn) | ((rdev >> 32n) & 0xfffff000n));
  node.devMinor = Number((rdev & 0xffn) | ((rdev >> 12n) & 0xffffff00n));
}
