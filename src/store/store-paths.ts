// Where things lie in the store. The version is part of the path: a new format never meets old files.
import { join } from 'node:path';
import { hexOf, type Digest, type DiffId } from '../core/digest.js';

export interface StorePaths {
  readonly root: string;
  /** The OCI image layout. */
  readonly oci: string;
  /**
   * What belongs to this machine and is not worth carrying to another: trees and cache mounts, many of whose files
   * belong to subordinate ids.
   */
  readonly local: string;
  /** Unfinished files, on the same file system as everything else. */
  readonly tmp: string;
  readonly trees: string;
  readonly mounts: string;
  /** The log of each of the last builds: a file each (build-logs/). */
  readonly builds: string;
  readonly cache: string;
  /** Records of this boot whose layers may not be on the disk yet: a folder per boot. */
  readonly unsynced: string;
  readonly stat: string;
  /** Which step was made at a place of a build the last time: a small file per place. */
  readonly last: string;
  /** Digests of what was selected out of layers, of no use but to make the next build faster. */
  readonly selections: string;
  readonly refs: string;
  /** Which repositories have which blobs: a file per registry. */
  readonly knownBlobs: string;
  /** Content of URLs, to be asked for again only when it has changed. */
  readonly downloads: string;
  /** What running builds use, a file each, and what ended ones used (leases/). */
  readonly leases: string;
  readonly used: string;
  /** Exists while something is deleted (leases/prune-lock.ts). */
  readonly pruneLock: string;
  /** The file in which this process says what it uses; absent where nothing is held. */
  readonly lease?: string | undefined;
  blob(digest: Digest): string;
  /** The layer index of a diff id. */
  index(diffId: DiffId): string;
  /** The unpacked layer of a diff id. */
  tree(diffId: DiffId): string;
}

/** Pure: nothing is created. */
export function storePaths(root: string): StorePaths {
  const v1 = join(root, 'v1');
  const local = join(root, 'local', 'v1');
  return {
    root: v1,
    local,
    oci: join(v1, 'oci'),
    tmp: join(v1, 'tmp'),
    trees: join(local, 'trees'),
    mounts: join(local, 'mounts'),
    builds: join(local, 'builds'),
    cache: join(v1, 'cache'),
    unsynced: join(v1, 'unsynced'),
    stat: join(v1, 'stat'),
    last: join(v1, 'last'),
    selections: join(v1, 'selections'),
    refs: join(v1, 'refs'),
    knownBlobs: join(v1, 'known-blobs'),
    downloads: join(v1, 'downloads'),
    leases: join(v1, 'leases'),
    used: join(v1, 'used'),
    pruneLock: join(v1, 'prune.lock'),
    // Asked for many times, with names that need no cleaning.
    blob: (digest) => `${v1}/oci/blobs/sha256/${hexOf(digest)}`,
    index: (diffId) => `${v1}/index/${hexOf(diffId)}.json`,
    tree: (diffId) => `${local}/trees/${hexOf(diffId)}`,
  };
}

/** What `putLayer` makes of a layer. */
export function layerFiles(paths: StorePaths, diffId: DiffId): readonly string[] {
  return [paths.blob(diffId), paths.index(diffId)];
}
