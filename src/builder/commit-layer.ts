// Turns layer entries into a layer of the store: index first, blob last, each complete before it has its name.
import { closeSync, fsyncSync, openSync, rmSync } from 'node:fs';
import type { LayerEntry } from '../layer/entry.js';
import { layerEntries } from '../layer/layer-xattrs.js';
import { commitFile, storeWriteError } from '../store/durable-write.js';
import type { IndexRef } from './rootfs/rootfs.js';
import type { Session } from './session.js';

/** @throws TsbuildError CONTEXT_CHANGED, STORE_FULL, STORE_UNWRITABLE, ABORTED */
export async function commitLayer(session: Session, entries: Iterable<LayerEntry>): Promise<IndexRef> {
  const { store } = session;
  const temporary = store.temporaryPath();
  const { writeLayer } = await import('../layer/tar/layer-writer.js');
  try {
    const fd = openSync(temporary, 'wx', 0o644);
    try {
      const { diffId, size, index } = await writeLayer(layerEntries(entries), {
        fd,
        openContent: (ref) => ({ path: store.paths.blob(ref.diffId), offset: ref.offset }),
        signal: session.signal,
      });
      if (!store.hasBlob(diffId)) {
        fsyncSync(fd);
        store.putIndex(diffId, index);
        commitFile(temporary, store.paths.blob(diffId));
      } else if (!store.hasIndex(diffId)) store.putIndex(diffId, index);
      return { diffId, size };
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw storeWriteError(error, temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
}
