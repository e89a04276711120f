// A layer, described by its differences from another one.
import type { ByteString } from '../core/bytes.js';
import type { DiffId } from '../core/digest.js';

/**
 * Unpacked over the tree of `diffId`, the objects at `changed`, with the directories on the way to them, give the tree
 * of the layer.
 */
export interface LayerDifference {
  readonly diffId: DiffId;
  readonly changed: readonly ByteString[];
}
