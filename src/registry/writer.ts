// Writing to a repository of a registry (OCI distribution-spec, "Push").
import type { Digest } from '../core/digest.js';
import type { Reference } from '../oci/reference.js';
import type { Descriptor } from '../oci/types.js';

/** A blob that is to be in a repository. */
export interface OutgoingBlob {
  /** Digest and size are those of what `open` gives. */
  readonly descriptor: Descriptor;
  /** It was made a moment ago, so that no repository has it: it is sent without a question. */
  readonly isNew?: boolean;
  /** Repositories that have it, to be mounted from; those of other registries are passed over. */
  readonly knownIn?: readonly Reference[];
  /** The bytes from the first one on, anew at each call. */
  open(signal: AbortSignal): AsyncIterable<Buffer>;
}

/** A blob that is still being made. */
export interface GrowingBlob {
  /** The bytes from the first one on, as they come, until the blob is whole. Called once. */
  open(signal: AbortSignal): AsyncIterable<Buffer>;
  /** When it is whole. */
  readonly whole: Promise<Pick<Descriptor, 'digest' | 'size'>>;
}

export interface OutgoingManifest {
  readonly digest: Digest;
  readonly mediaType: string;
  readonly bytes: Uint8Array;
}

/** How a blob came to be in the repository. */
export type BlobOutcome = 'there' | 'mounted' | 'sent';

export interface PutBlobOptions {
  readonly signal: AbortSignal;
  /** Gets the bytes of the body that have left, counted from 0 again when the blob is sent anew. */
  onSent?(bytes: number): void;
}

export interface RepositoryWriter {
  readonly reference: Reference;
  /**
   * Makes sure that the repository has the blob: known, HEAD, mount, upload. Once per digest and writer.
   * @throws TsbuildError REGISTRY_*, ABORTED, and what `open` throws
   */
  putBlob(blob: OutgoingBlob, options: PutBlobOptions): Promise<BlobOutcome>;
  /**
   * Sends a blob while it is being made: nobody can know yet whether the repository has it.
   * @returns false when that did not work; the blob is then to be put
   * @throws TsbuildError ABORTED
   */
  sendGrowing(blob: GrowingBlob, signal: AbortSignal): Promise<boolean>;
  hasManifest(digest: Digest, signal: AbortSignal): Promise<boolean>;
  /** Whether the registry itself keeps the list of the artifacts whose subject is that manifest. */
  listsArtifacts(subject: Digest, signal: AbortSignal): Promise<boolean>;
  /** Whether the tag stands for that manifest; false also when the registry does not say. */
  isTagged(tag: string, digest: Digest, signal: AbortSignal): Promise<boolean>;
  /**
   * Under its digest, or as the tag: whatever it names must be there.
   * @throws TsbuildError REGISTRY_*, ABORTED
   */
  putManifest(manifest: OutgoingManifest, tag: string | undefined, signal: AbortSignal): Promise<void>;
}

export interface RegistryWriter {
  /** One per repository; tag and digest of the reference are of no account. */
  repository(reference: Reference): RepositoryWriter;
}
