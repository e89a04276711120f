// How two images differ: files, config, layers. Plain data.
import type { Digest, DiffId } from '../core/digest.js';
import type { NodeType } from '../layer/entry.js';

export interface ImageDifference {
  /** Neither files nor config differ; layers and times may. */
  readonly isEqual: boolean;
  readonly before: ComparedImage;
  readonly after: ComparedImage;
  /** In the order of paths, a directory before what is in it. */
  readonly files: readonly FileDifference[];
  readonly added: FileSum;
  readonly removed: FileSum;
  /** `size`: bytes in the second image. */
  readonly changed: FileSum;
  /** Names of objects that differ in nothing but their time, which `files` leaves out. */
  readonly timesOnly: number;
  readonly config: readonly ConfigDifference[];
  readonly layers: LayerDifferences;
}

export interface ComparedImage {
  /** As it was asked for. */
  readonly name: string;
  /** Of the manifest. */
  readonly digest: Digest;
  readonly layers: number;
  /** Bytes of the regular files in the tree; a file with several names counts once. */
  readonly size: number;
}

export interface FileSum {
  /** Names that are no directories. */
  readonly files: number;
  readonly size: number;
}

export type Aspect = 'type' | 'size' | 'content' | 'mode' | 'owner' | 'link' | 'xattrs' | 'device';

export interface FileDifference {
  readonly kind: 'added' | 'removed' | 'changed';
  /** Without a leading slash; empty for the root. Not safe for a terminal, and not a path of this machine. */
  readonly path: string;
  /** In what it changed; empty when it was added or removed. */
  readonly aspects: readonly Aspect[];
  readonly before?: FileState;
  readonly after?: FileState;
  /** What is in a directory that was added or removed, when its files are not listed one by one. */
  readonly below?: FileSum;
}

export interface FileState {
  readonly type: NodeType;
  /** Bytes of a regular file, else 0. */
  readonly size: number;
  /** 12 bits. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
  /** Of a symbolic link. */
  readonly link?: string;
  /** In hex, when it is known. */
  readonly sha256?: string;
}

/** A value is a text as it is, anything else as JSON. */
export interface ConfigDifference {
  /** As in the config: `Env`, `Labels`, `User`, `architecture`. */
  readonly field: string;
  /** Of a field with several: the variable, the label, the port. */
  readonly key?: string;
  /** Absent: it was not set. */
  readonly before?: string;
  readonly after?: string;
}

export interface LayerDifferences {
  /** In both images. */
  readonly shared: number;
  /** Those of one image alone, bottom first. */
  readonly before: readonly ComparedLayer[];
  readonly after: readonly ComparedLayer[];
}

export interface ComparedLayer {
  readonly diffId: DiffId;
  /** Bytes of the blob in the manifest. */
  readonly size: number;
  /** The instruction, as the history of the image has it; empty when it has none. */
  readonly createdBy: string;
}
