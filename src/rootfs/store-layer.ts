// What a process changed becomes a layer of the store: its tree first, the blob last, so that a blob that is there has both.
import type { StoredLayer } from '../store/stored-layer.js';
import { closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { dirname } from 'node:path';
import type { LayerEntry } from '../layer/entry.js';
import { layerEntries } from '../layer/layer-xattrs.js';
import { writeLayer, type WrittenFile } from '../layer/tar/layer-writer.js';
import { storeWriteError, temporaryName } from '../store/durable-write.js';
import { putLayer } from '../store/put-layer.js';
import type { StorePaths } from '../store/store-paths.js';
import { isVisibleDevice } from './tree-marks.js';
import type { TreeStore } from './tree-store.js';

export interface StoreLayerOptions {
  readonly paths: StorePaths;
  readonly trees: TreeStore;
  /** A directory that holds exactly these changes; becomes the tree of the layer. */
  readonly tree: string | undefined;
  /** Whether the index gets the digests of contents. */
  readonly areContentsHashed: boolean;
  readonly signal: AbortSignal;
}

/** @throws TsbuildError STORE_FULL | STORE_UNWRITABLE | ABORTED */
export async function storeLayer(
  entries: Iterable<LayerEntry>,
  { paths, trees, tree, ...options }: StoreLayerOptions,
): Promise<StoredLayer> {
  const temporary = temporaryName(paths.tmp);
  try {
    const devices = { areFound: false };
    const written = await writeBlob(notingDevices(entries, devices), temporary, options);
    if (tree !== undefined) trees.adopt(tree, written.diffId, { hasDevices: devices.areFound });
    putLayer(paths, { ...written, temporary });
    return { diffId: written.diffId, blob: written.diffId, size: written.size };
  } catch (error) {
    rmSync(temporary, { force: true });
    throw storeWriteError(error, paths.root);
  }
}

function* notingDevices(
  entries: Iterable<LayerEntry>,
  devices: { areFound: boolean },
): Generator<LayerEntry> {
  for (const entry of entries) {
    devices.areFound ||= isVisibleDevice(entry);
    yield entry;
  }
}

async function writeBlob(
  entries: Iterable<LayerEntry>,
  path: string,
  options: Pick<StoreLayerOptions, 'areContentsHashed' | 'signal'>,
): Promise<WrittenFile> {
  mkdirSync(dirname(path), { recursive: true, mode: 0o755 });
  const fd = openSync(path, 'wx', 0o644);
  try {
    return await writeLayer(layerEntries(entries), { fd, ...options });
  } finally {
    closeSync(fd);
  }
}
