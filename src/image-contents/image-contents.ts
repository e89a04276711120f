// What an image holds: which layer wrote what, which directories and files are large, and which bytes nobody sees.
// Plain data. Invariant: the bytes that all layers added are those of the tree and those that are wasted.
import type { DiffId } from '../core/digest.js';

export interface ImageContents {
  /** Bottom first. */
  readonly layers: readonly LayerContents[];
  /** Bytes of the regular files in the tree; a file with several names counts once. */
  readonly size: number;
  /** Names in the tree that are no directories. */
  readonly files: number;
  /** Regular files of the directory that was asked for, largest first, as many as were asked for. */
  readonly largestFiles: readonly FileSize[];
  /** The directory that was asked for, without what is smaller than the share that was asked for. */
  readonly root: DirectorySize;
  /** Files with bytes, largest first, as many as were asked for. */
  readonly wasted: readonly WastedFile[];
  /** Of all, not of those in `wasted` alone. */
  readonly wastedFiles: number;
  readonly wastedBytes: number;
}

export interface LayerContents {
  readonly diffId: DiffId;
  /** Bytes of the tar. Of one that is there compressed alone, those up to the end of its last file. */
  readonly size: number;
  /** Bytes of the blob in the manifest, when it is compressed. */
  readonly compressedSize?: number;
  /** The instruction, as the history of the image has it; empty when it has none. */
  readonly createdBy: string;
  /** How many names appeared; directories are not counted here, nor in the next two. */
  readonly added: number;
  readonly changed: number;
  readonly deleted: number;
  /** Bytes of the regular files that the layer wrote. */
  readonly bytesAdded: number;
  /** Largest first; only when it was asked for. */
  readonly changes?: readonly LayerChange[];
}

/** A name that a layer changed, or all of one kind below a directory. */
export interface LayerChange {
  readonly kind: 'added' | 'changed' | 'deleted';
  /** Without a leading slash. */
  readonly path: string;
  /** Bytes written; of what was deleted the bytes that went. */
  readonly size: number;
  /** Names that are no directories. */
  readonly files: number;
}

export interface FileSize {
  /** Without a leading slash. Not safe for a terminal, and not a path of this machine. */
  readonly path: string;
  readonly size: number;
  /** Place in `layers` of the layer that wrote it. */
  readonly layer: number;
}

export interface DirectorySize {
  /** Of the top the whole path; empty for the root of the image. */
  readonly name: string;
  /** Bytes of all regular files below. */
  readonly size: number;
  /** Names below that are no directories. */
  readonly files: number;
  /** Largest first. What is too small is missing here, and counted above. */
  readonly children: readonly DirectorySize[];
  /** A single file. */
  readonly isFile?: true;
}

/** A file whose bytes are in a layer and not in the tree. */
export interface WastedFile {
  readonly path: string;
  readonly size: number;
  /** Place in `layers` of the layer that wrote it. */
  readonly layer: number;
  /** Of the layer that took its last name. */
  readonly by: number;
  readonly how: 'replaced' | 'deleted';
}
