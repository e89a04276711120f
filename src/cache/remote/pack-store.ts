// Where packs are kept: one object per scope, and blobs beside it. Implementations: a repository of a registry, an OCI
// image layout, a bucket, the cache of GitHub Actions.
import type { DiffId } from '../../core/digest.js';
import type { TsbuildError } from '../../core/errors.js';
import type { Reference } from '../../oci/reference.js';
import type { Descriptor } from '../../oci/types.js';
import type { OutgoingBlob } from '../../registry/writer.js';
import type { PackedPack } from './pack.js';

/** What lies there. */
export type FoundPack =
  | { readonly kind: 'nothing' }
  | {
      readonly kind: 'pack';
      /** As `publish` was given it; not verified beyond its digest. */
      readonly bytes: Buffer;
      /** Changes with whatever is published. */
      readonly revision: string;
      readonly signature?: string;
    }
  /**
   * Something that this tsbuild did not write, or that cannot be read; `what` as in a sentence: `a cache of BuildKit`.
   */
  | {
      readonly kind: 'other';
      readonly what: string;
      readonly revision: string;
      /** A cache all the same: it may be replaced. */
      readonly isCache?: boolean;
      /** Of a pack that is damaged. */
      readonly error?: TsbuildError;
    };

export interface PackToPublish {
  readonly packed: PackedPack;
  /** The layers that the pack names, which were put. */
  readonly layers: readonly { readonly blob: Descriptor; readonly diffId: DiffId }[];
  /** ed25519 over the digest of the packed bytes, base64. */
  readonly signature?: string;
}

/** The cache of one scope in one place. */
export interface PackStore {
  /** For messages: `registry.example/app-cache:main` */
  readonly name: string;
  /** The repository that has the blobs, so that a push can mount them. Absent for other media. */
  readonly repository?: Reference;
  /** Of builds that publish over the same revision one alone gets through. Absent: two may be told that they did. */
  readonly isAtomic?: boolean;
  /** @throws TsbuildError REGISTRY_*, CACHE_*, ABORTED */
  read(signal: AbortSignal): Promise<FoundPack>;
  /** The bytes of a blob as they come, not yet verified. @throws as `read` */
  openBlob(blob: Descriptor, signal: AbortSignal): AsyncIterable<Buffer>;
  /** Makes sure that the blob is there. @throws as `read`, and what `open` of the blob throws */
  putBlob(blob: OutgoingBlob, signal: AbortSignal): Promise<void>;
  /**
   * Puts the pack in the place of the one of that revision.
   * @param seen of what was read before; undefined when nothing was there
   * @returns false when another is known to be there by now, and is left as it is
   * @throws as `read`
   */
  publish(pack: PackToPublish, seen: string | undefined, signal: AbortSignal): Promise<boolean>;
  /** The manifest that the pack has in a registry or a layout, for a metadata file. */
  readonly manifest?: () => Descriptor | undefined;
  /** Lets go of connections and temporary files. */
  close?(): Promise<void>;
}
