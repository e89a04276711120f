// What a finished rootfs change becomes in the store.
import type { DiffId } from '../core/digest.js';
import type { SimilarLayer } from '../layer/similar-layer.js';

/** A layer that lies in the store, blob and index, under its diff id. */
export interface IndexRef {
  readonly diffId: DiffId;
  /** Bytes of the uncompressed tar. */
  readonly size: number;
  /** What the step that made it gave the last time, when that is much the same. */
  readonly similar?: SimilarLayer;
}
