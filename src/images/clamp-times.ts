// `rewrite-timestamp=true`: layers made here with no file time after SOURCE_DATE_EPOCH. Layers of a base stay the bytes
// that they are.
// Spec: BuildKit's exporter/containerimage/writer.go, rewriteRemoteWithEpoch.
import type { LayerEntry, TreeNode } from '../layer/entry.js';
import { commitLayer, type LayerWriting } from './commit-layer.js';
import type { LayerFiles } from './layer-files.js';
import type { Store } from '../store/store.js';
import { madeLayer, type Layer } from './layer.js';

export interface ClampOptions extends LayerWriting {
  readonly store: Store;
  readonly files: LayerFiles;
}

/** @param epoch Seconds since 1970; older times stay. @throws TsbuildError STORE_FULL, STORE_UNWRITABLE, ABORTED */
export async function clampTimes(
  options: ClampOptions,
  layers: readonly Layer[],
  epoch: number,
): Promise<Layer[]> {
  const clamped: Layer[] = [];
  for (const layer of layers) clamped.push(isOfBase(layer) ? layer : await clampLayer(options, layer, epoch));
  return clamped;
}

/** A layer of a cache comes from elsewhere too, but a build has made it. */
function isOfBase({ source, created }: Layer): boolean {
  return source !== undefined && created === undefined;
}

async function clampLayer(options: ClampOptions, layer: Layer, epoch: number): Promise<Layer> {
  await options.files.index(layer);
  const entries = options.store.readIndex(layer.diffId);
  if (!entries.some((entry) => isLater(entry, epoch))) return layer;
  await options.files.tar(layer);
  const clamped = entries.map((entry) => clampEntry(entry, epoch));
  return madeLayer(await commitLayer(options, clamped), layer.created);
}

function isLater(entry: LayerEntry, epoch: number): boolean {
  return 'node' in entry && entry.node !== undefined && isNodeLater(entry.node, epoch);
}

function isNodeLater({ mtime, mtimeNsec }: TreeNode, epoch: number): boolean {
  return mtime > epoch || (mtime === epoch && mtimeNsec > 0);
}

function clampEntry(entry: LayerEntry, epoch: number): LayerEntry {
  if (!('node' in entry) || entry.node === undefined || !isNodeLater(entry.node, epoch)) return entry;
  return { ...entry, node: { ...entry.node, mtime: epoch, mtimeNsec: 0 } };
}
