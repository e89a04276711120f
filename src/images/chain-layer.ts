// A layer of a stage while it is built: known by its diff id; its bytes may still be in a registry.
import type { DiffId } from '../core/digest.js';
import type { SimilarLayer } from '../layer/similar-layer.js';
import type { Descriptor } from '../oci/types.js';

export interface ChainLayer {
  readonly diffId: DiffId;
  /** RFC 3339 time of a layer made here; absent for a base's. */
  readonly created?: string;
  /** The blob as the base's manifest has it, usually compressed. Absent for a layer made here, whose blob is the tar itself. */
  readonly base?: { readonly descriptor: Descriptor; readonly reference: string };
  /** Bytes of the tar, for a layer made here. */
  readonly size?: number;
  /** What the step that made it in this build gave the last time. */
  readonly similar?: SimilarLayer;
}
