// A pack: what a remote cache knows of one scope. Plain data: records of steps, selections, cache mounts. The layers
// that they name lie beside it. Invariant: a pack holds keys and digests, and no input of a step: no argument, no
// secret.
import type { Digest, DiffId } from '../../core/digest.js';
import type { Descriptor } from '../../oci/types.js';
import type { StepKey } from '../step-key.js';

/** A layer of a pack. */
export interface PackLayer {
  readonly diffId: DiffId;
  /** Bytes of the uncompressed layer. */
  readonly size: number;
  /** The layer as it lies beside the pack. */
  readonly blob: Descriptor;
}

/** What a step gave. */
export interface PackRecord extends PackLayer {
  readonly key: StepKey;
  /** RFC 3339. */
  readonly created: string;
  /** `linux/amd64` */
  readonly platform: string;
  /** Tells one store from another. */
  readonly writer: string;
  /** The build that gave it has looked through the layer for its secrets. */
  readonly isInspected?: true;
  /** Days since 1970-01-01. */
  readonly lastUsed: number;
}

/** The content of a cache mount. */
export interface PackMount extends PackLayer {
  readonly id: string;
  readonly platform: string;
  readonly lastUsed: number;
}

/** The content digest of files that a step selected out of layers: `digest-once.ts`. */
export interface PackSelection {
  /** Of the question, hex. */
  readonly name: string;
  /** Of the answer, hex. */
  readonly digest: string;
  readonly lastUsed: number;
}

export interface Pack {
  readonly records: readonly PackRecord[];
  readonly selections: readonly PackSelection[];
  readonly mounts: readonly PackMount[];
}

/** Of the form of a pack: raised when a reader of the version before would understand something else. */
export const PACK_VERSION = 1;

/** Of the packed bytes; a registry need not take a larger document either. */
export const MAX_PACKED_BYTES = 16 << 20;

/** No two mounts of a pack share it. */
export function nameOfMount({ platform, id }: Pick<PackMount, 'platform' | 'id'>): string {
  return `${platform} ${id}`;
}

/** By code units of their names, so that equal packs give equal bytes. */
export function sortedByName<T>(rows: readonly T[], nameOf: (row: T) => string): readonly T[] {
  return rows
    .map((row) => [nameOf(row), row] as const)
    .sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0))
    .map(([, row]) => row);
}

/** A pack in the form that is stored: a gzip'ed tar with one file, which passes wherever a layer passes. */
export interface PackedPack {
  readonly bytes: Buffer;
  readonly digest: Digest;
  readonly diffId: DiffId;
}
