// A layer that lies in the store: what a step gives, and what a rootfs is made of.
import type { Digest, DiffId } from '../core/digest.js';
import type { LayerLimits } from '../layer/limits.js';
import type { LayerDifference } from '../layer/layer-difference.js';

export interface StoredLayer {
  readonly diffId: DiffId;
  /**
   * The blob that is there: as a registry has it, usually compressed, or the tar itself, whose digest is the diff id.
   */
  readonly blob: Digest;
  /** Bytes of the blob. */
  readonly size: number;
  /** One that is likely to be unpacked and is much the same, such as what the same step gave before. */
  readonly similar?: LayerDifference;
}

/** A layer whose blob is still being fetched. */
export interface ArrivingLayer extends StoredLayer {
  /** Host path of the file that grows until it has `size` bytes. */
  readonly growing: string;
  readonly limits: LayerLimits;
}
