// The nouns of layers: a node of a file tree, an entry of a layer, where the bytes of a file are.
import type { ByteString } from '../core/bytes.js';
import type { DiffId } from '../core/digest.js';
import type { HostRoot } from '../host/open-directories.js';

export type NodeType = 'file' | 'dir' | 'symlink' | 'char' | 'block' | 'fifo';

/**
 * Start and length of each run of data in a file with holes, in turn: in order, none empty. Everything else in the file
 * is zeros.
 */
export type DataRuns = readonly number[];

/**
 * Where the content of a regular file is; its length is the node's `size`.
 * `file`: on the host, at byte `offset` (default 0): `offset` is for a file that holds many contents, such as the
 * spooled uncompressed tar of an ADDed archive; then the file may be longer than offset + size, and `ino` and `ctimeNs`
 * are absent. `ctimeNs`: its change time, when that is old enough that a later change is sure to give another one.
 * `root`: the directory that it is in; no component of `path` below it is followed when it is a link. `opened`: the
 * descriptor through which it was looked at, as long as that is open; a reader need not open it again. `isLive`: of
 * such a file, which somebody may write to meanwhile: what is missing of `size` bytes is zeros, and what is more is
 * left. `layer`: at `offset` of the uncompressed tar of that layer.
 * `runs`: of a file with holes, whose data alone stands there, run behind run.
 */
export type ContentRef =
  | {
      readonly kind: 'file';
      readonly path: ByteString;
      readonly ino?: number;
      readonly ctimeNs?: bigint;
      readonly offset?: number;
      readonly runs?: DataRuns;
      readonly root?: HostRoot;
      readonly opened?: { readonly fd: number | undefined };
      readonly isLive?: true;
    }
  | { readonly kind: 'layer'; readonly diffId: DiffId; readonly offset: number; readonly runs?: DataRuns }
  | { readonly kind: 'bytes'; readonly data: Uint8Array };

/** Metadata of one file system object, as a layer keeps it. */
export interface TreeNode {
  readonly type: NodeType;
  /** 12 bits: permissions, set-id, sticky. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Bytes; 0 for everything that is not a regular file. */
  readonly size: number;
  /** Whole seconds since the epoch (may be negative) and the nanoseconds to add, 0..999999999. */
  readonly mtime: number;
  readonly mtimeNsec: number;
  /** Text of a symbolic link. */
  readonly link?: ByteString;
  /** Name to value, both as bytes. Absent when there are none. */
  readonly xattrs?: Readonly<Record<string, ByteString>>;
  readonly devMajor?: number;
  readonly devMinor?: number;
  /** Nodes of one tree with the same value are hard links of each other. Absent when there is one name only. */
  readonly inode?: string;
  /** Regular files only. */
  readonly content?: ContentRef;
  /** sha256 of the content in hex, when known. */
  readonly sha256?: string;
}

/** An object at a path of a layer. */
export interface NodeEntry {
  readonly kind: 'node';
  readonly path: ByteString;
  readonly node: TreeNode;
}

/**
 * A line of a layer. `path` is relative to the root without leading, trailing or double slashes and without `.`/`..`;
 * '' is the root itself.
 */
export type LayerEntry =
  | NodeEntry
  /** A further name for an entry that stands earlier in the same layer, or in a layer below. */
  | {
      readonly kind: 'hardlink';
      readonly path: ByteString;
      readonly target: ByteString;
      readonly node?: TreeNode;
    }
  /** The lower object of that path is gone. */
  | { readonly kind: 'whiteout'; readonly path: ByteString }
  /** Everything below that directory in lower layers is gone. */
  | { readonly kind: 'opaque'; readonly path: ByteString };
