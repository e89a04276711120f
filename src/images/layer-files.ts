// Brings the files of a layer into the store when they are needed, and not before: its blob, its index, its uncompressed tar.
import type { StoredLayer } from '../store/stored-layer.js';
import { createReadStream, existsSync, readFileSync } from 'node:fs';
import { invariant } from '../core/errors.js';
import type { Descriptor } from '../oci/types.js';
import { spoolWhile } from '../store/spool.js';
import type { ChainLayer } from './chain-layer.js';
import { fetchKey, fetchLayer } from './fetch-layer.js';
import { checkedContent, keptFilePath, type LayerContent } from '../store/kept-file-path.js';
import type { Session } from '../builder/session.js';

/** Layers of a chain that are brought in at a time: more would wait for the connections to a registry, and each takes memory. */
export const LAYERS_AT_A_TIME = 8;

/** Path of the layer's blob in the store, compressed or not; fetched when it is missing. */
export async function ensureBlob(session: Session, layer: ChainLayer): Promise<string> {
  const { store } = session;
  if (store.hasBlob(layer.diffId)) return store.paths.blob(layer.diffId);
  invariant(layer.base, `layer ${layer.diffId} is in no registry and not in the store`);
  const { digest } = layer.base.descriptor;
  if (!store.hasWholeBlob(layer.base.descriptor)) {
    const read = (tee: AsyncIterable<Buffer>) => index(session, layer, tee, layer.base?.descriptor);
    await session.once(fetchKey(layer), () => fetchLayer(session, layer, read));
  }
  return store.paths.blob(digest);
}

/** Which blob of the layer is in the store. */
function storedBlob(
  { store }: Pick<Session, 'store'>,
  { diffId, size, base }: ChainLayer,
): Pick<StoredLayer, 'blob' | 'size'> {
  const tarSize = store.blobSize(diffId);
  if (tarSize !== undefined || !base) return { blob: diffId, size: tarSize ?? size ?? 0 };
  return { blob: base.descriptor.digest, size: base.descriptor.size };
}

/** The layer with its blob, for a sandbox to unpack. */
export async function layerRef(session: Session, layer: ChainLayer): Promise<StoredLayer> {
  const { diffId, similar } = layer;
  await ensureBlob(session, layer);
  return { diffId, ...storedBlob(session, layer), ...(similar && { similar }) };
}

/** The same for a chain. */
export function layerRefs(session: Session, layers: readonly ChainLayer[]): Promise<StoredLayer[]> {
  return Promise.all(layers.map((layer) => layerRef(session, layer)));
}

/** Makes sure that the layer's index is in the store. */
export async function ensureIndex(session: Session, layer: ChainLayer): Promise<void> {
  if (session.store.hasIndex(layer.diffId)) return;
  const path = await ensureBlob(session, layer);
  if (session.store.hasIndex(layer.diffId)) return;
  await session.once(`index ${layer.diffId}`, () =>
    orDamage(session, layer, () => index(session, layer, createReadStream(path, { highWaterMark: 1 << 20 }))),
  );
}

/** Path of the layer's uncompressed tar, so that content can be read at an offset. */
export async function ensureTar(session: Session, layer: ChainLayer): Promise<string> {
  const path = session.store.paths.blob(layer.diffId);
  if (existsSync(path)) return path;
  const compressed = await ensureBlob(session, layer);
  if (compressed === path) return path;
  return session.once(`tar ${layer.diffId}`, async () => {
    const { decompress } = await import('../layer/decompress/decompress.js');
    const { readLayer } = await import('../layer/read-layer.js');
    const chunks = decompress(createReadStream(compressed, { highWaterMark: 1 << 20 }), {
      limits: session.layerLimits,
    });
    const unpack = () =>
      spoolWhile(session.store.temporaryPath(), path, { chunks }, (tee) =>
        readLayer(tee, {
          expect: { diffId: layer.diffId },
          limits: session.layerLimits,
          signal: session.signal,
        }),
      );
    await orDamage(session, layer, unpack);
    return path;
  });
}

/** What cannot be read of a layer may have been damaged in the store. */
async function orDamage<T>(session: Session, layer: ChainLayer, work: () => Promise<T>): Promise<T> {
  try {
    return await work();
  } catch (error) {
    const { explainByDamage } = await import('./verify-tars.js');
    throw await explainByDamage(session, [layer], error);
  }
}

/** A small file that was kept beside the index, by where its content stands in the layer; undefined when it was not. */
export function readKeptFile(session: Session, ref: LayerContent): Buffer | undefined {
  const file = keptFilePath(session.store.paths, ref);
  return existsSync(file) ? checkedContent(readFileSync(file)) : undefined;
}

/** What `indexLayer` needs to know of a layer. */
export function indexing(
  session: Pick<Session, 'store' | 'layerLimits' | 'signal'>,
  { diffId }: Pick<ChainLayer, 'diffId'>,
) {
  return { diffId, paths: session.store.paths, limits: session.layerLimits, signal: session.signal };
}

async function index(
  session: Session,
  layer: ChainLayer,
  chunks: AsyncIterable<Buffer>,
  expect?: Descriptor,
): Promise<void> {
  const { indexLayer } = await import('../store/index-layer.js');
  await indexLayer(chunks, { ...indexing(session, layer), ...(expect && { expect }) });
}
