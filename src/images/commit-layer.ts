// Writes a layer into the store.
import type { StoredLayer } from '../store/stored-layer.js';
import type { LayerEntry } from '../layer/entry.js';
import type { TarEntry } from '../layer/tar/copied-entries.js';
import { layerEntries } from '../layer/layer-xattrs.js';
import type { Store } from '../store/store.js';

export interface LayerWriting {
  readonly store: Pick<Store, 'paths' | 'openTar'>;
  readonly signal: AbortSignal;
}

/**
 * Writes the entries. Of their extended attributes only file capabilities are kept, as in BuildKit's layers.
 * @throws TsbuildError CONTEXT_CHANGED, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export function commitLayer(writing: LayerWriting, entries: Iterable<LayerEntry>): Promise<StoredLayer> {
  return commitTar(writing, layerEntries(entries));
}

/**
 * Writes the entries as they are, with all their extended attributes.
 * @param contentBytes size of all contents together, if known
 * @throws TsbuildError CONTEXT_CHANGED, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export async function commitTar(
  { store, signal }: LayerWriting,
  entries: Iterable<TarEntry>,
  contentBytes?: number,
): Promise<StoredLayer> {
  const { putLayer } = await import('../store/put-layer.js');
  return putLayer(store.paths, entries, { contentBytes, openTar: store.openTar, signal });
}
