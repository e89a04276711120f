// A layer as every medium knows it: a registry, an image layout, an archive, the store. Model: the interface v1.Layer
// of go-containerregistry, whose six questions are answered by `diffId`, by `descriptor` (digest, size, media type)
// and, for its bytes, by layer-files.ts.
import type { DiffId } from '../core/digest.js';
import type { LayerDifference } from '../layer/layer-difference.js';
import { MEDIA, type Descriptor } from '../oci/types.js';
import type { Reference } from '../oci/reference.js';
import type { StoredLayer } from '../store/stored-layer.js';

/** Plain data. */
export interface Layer {
  readonly diffId: DiffId;
  /**
   * The blob as a manifest has it: usually compressed. Of a layer made here it is the tar itself, whose digest is the
   * diff id.
   */
  readonly descriptor: Descriptor;
  /** Gives the blob when the store lacks it. Absent for a layer made here. */
  readonly source?: LayerSource;
  /** RFC 3339 time of a layer made here. */
  readonly created?: string;
  /** What the step that made it in this build gave the last time, when that is much the same. */
  readonly similar?: LayerDifference;
}

/** A medium that layers are fetched from. */
export interface LayerSource {
  /** For messages: `docker.io/library/busybox:latest`, `oci-layout:///srv/base`. */
  readonly name: string;
  /** The repository that has it, of the registry itself when a mirror is asked. Absent for other media. */
  readonly repository?: Reference;
  /**
   * The bytes of the blob as they come, not yet verified.
   * @throws TsbuildError REGISTRY_*, CONTEXT_NOT_FOUND, ABORTED
   */
  open(blob: Descriptor, signal: AbortSignal): AsyncIterable<Buffer>;
  /**
   * Of a medium that the build can do without: it is told when the blob cannot be had, or is not what it should be.
   * @returns the error to be thrown
   */
  refuse?(blob: Descriptor, error: unknown): unknown;
}

/** The failure of a layer, as its medium wants it told. */
export function refusedBy({ descriptor, source }: Layer, error: unknown): unknown {
  return source?.refuse ? source.refuse(descriptor, error) : error;
}

/** A layer that was made here, by what the store has of it. */
export function madeLayer({ diffId, size, similar }: StoredLayer, created: string | undefined): Layer {
  return {
    diffId,
    descriptor: { mediaType: MEDIA.ociLayer, digest: diffId, size },
    ...(created !== undefined && { created }),
    ...(similar && { similar }),
  };
}
