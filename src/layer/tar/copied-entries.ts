// Entries whose bytes are taken over from the tar of another layer, headers and all.
import type { DiffId } from '../../core/digest.js';
import type { LayerEntry, NodeEntry } from '../entry.js';

export interface CopiedEntries {
  readonly kind: 'copied';
  /** The layer, which was written here. */
  readonly diffId: DiffId;
  /** In its uncompressed tar: from the first header to the end of the last content, with its padding. */
  readonly start: number;
  readonly end: number;
  /** All that stands between, as the index of the layer has it. */
  readonly entries: readonly NodeEntry[];
}

/** What a tar is made of. */
export type TarEntry = LayerEntry | CopiedEntries;
