// Writes a layer into the store.
import type { StoredLayer } from '../store/stored-layer.js';
import { closeSync, openSync, rmSync } from 'node:fs';
import type { LayerEntry } from '../layer/entry.js';
import type { TarEntry } from '../layer/tar/copied-entries.js';
import { layerEntries } from '../layer/layer-xattrs.js';
import { storeWriteError } from '../store/durable-write.js';
import { putLayer } from '../store/put-layer.js';
import type { Store } from '../store/store.js';

export interface LayerWriting {
  readonly store: Store;
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
  const temporary = store.temporaryPath();
  const { writeLayer } = await import('../layer/tar/layer-writer.js');
  try {
    const fd = openSync(temporary, 'wx', 0o644);
    try {
      const written = await writeLayer(entries, {
        fd,
        contentBytes,
        openContent: (ref) => ({ path: store.paths.blob(ref.diffId), offset: ref.offset }),
        onDamage: (diffId) => store.discardBlob(diffId),
        signal,
      });
      putLayer(store.paths, { ...written, temporary });
      return { diffId: written.diffId, blob: written.diffId, size: written.size };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw storeWriteError(error, temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
}
