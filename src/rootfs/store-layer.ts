// What a process changed becomes a layer of the store: its tree first, the blob last, so that a blob that is there has
// both.
import type { StoredLayer } from '../store/stored-layer.js';
import type { LayerEntry } from '../layer/entry.js';
import { layerEntries } from '../layer/layer-xattrs.js';
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
  const devices = { areFound: false };
  return putLayer(paths, layerEntries(notingDevices(entries, devices)), {
    ...options,
    onWritten(diffId) {
      if (tree !== undefined) trees.adopt(tree, diffId, { hasDevices: devices.areFound });
    },
  });
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
