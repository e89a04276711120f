// What a finished rootfs change becomes in the store.
import type { DiffId } from '../../core/digest.js';

/** A layer that lies in the store, blob and index, under its diff id. */
export interface IndexRef {
  readonly diffId: DiffId;
  /** Bytes of the uncompressed tar. */
  readonly size: number;
}
