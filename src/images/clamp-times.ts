// `rewrite-timestamp=true`: layers made here with no file time after SOURCE_DATE_EPOCH. Layers of a base stay the bytes that they are.
// Spec: BuildKit's exporter/containerimage/writer.go, rewriteRemoteWithEpoch.
import type { LayerEntry, TreeNode } from '../layer/entry.js';
import type { ChainLayer } from './chain-layer.js';
import { commitLayer } from './commit-layer.js';
import { ensureIndex } from './layer-files.js';
import type { Session } from '../builder/session.js';

/** @param epoch Seconds since 1970; older times stay. @throws TsbuildError STORE_FULL, STORE_UNWRITABLE, ABORTED */
export async function clampTimes(
  session: Session,
  layers: readonly ChainLayer[],
  epoch: number,
): Promise<ChainLayer[]> {
  const clamped: ChainLayer[] = [];
  for (const layer of layers) clamped.push(layer.base ? layer : await clampLayer(session, layer, epoch));
  return clamped;
}

async function clampLayer(session: Session, layer: ChainLayer, epoch: number): Promise<ChainLayer> {
  await ensureIndex(session, layer);
  const entries = session.store.readIndex(layer.diffId);
  if (!entries.some((entry) => isLater(entry, epoch))) return layer;
  return {
    ...layer,
    ...(await commitLayer(
      session,
      entries.map((entry) => clampEntry(entry, epoch)),
    )),
  };
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
