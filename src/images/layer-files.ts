// Brings the files of a layer into the store when they are needed, and not before: its blob, its index, its uncompressed tar.
import type { StoredLayer } from '../store/stored-layer.js';
import type { Digest } from '../core/digest.js';
import { invariant } from '../core/errors.js';
import type { Descriptor } from '../oci/types.js';
import type { ChainLayer } from './chain-layer.js';
import { fetchKey, fetchLayer } from './fetch-layer.js';
import type { Session } from '../builder/session.js';

/** Layers of a chain that are brought in at a time: more would wait for the connections to a registry, and each takes memory. */
export const LAYERS_AT_A_TIME = 8;

/** The layer's blob in the store, compressed or not; fetched when it is missing. */
export async function ensureBlob(session: Session, layer: ChainLayer): Promise<Digest> {
  const { store } = session;
  if (store.hasBlob(layer.diffId)) return layer.diffId;
  invariant(layer.base, `layer ${layer.diffId} is in no registry and not in the store`);
  const { digest } = layer.base.descriptor;
  if (!store.hasWholeBlob(layer.base.descriptor)) {
    const read = (tee: AsyncIterable<Buffer>) => index(session, layer, tee, layer.base?.descriptor);
    await session.once(fetchKey(layer), () => fetchLayer(session, layer, read));
  }
  return digest;
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
  const digest = await ensureBlob(session, layer);
  if (session.store.hasIndex(layer.diffId)) return;
  const { store, signal } = session;
  await session.once(`index ${layer.diffId}`, () =>
    orDamage(session, layer, () => index(session, layer, store.openBlob({ digest }, signal))),
  );
}

/** Makes sure that the layer's uncompressed tar is in the store, so that content can be read at an offset. */
export async function ensureTar(session: Session, layer: ChainLayer): Promise<void> {
  const { diffId } = layer;
  const { store, signal, layerLimits: limits } = session;
  if (store.hasBlob(diffId)) return;
  const digest = await ensureBlob(session, layer);
  if (digest === diffId) return;
  await session.once(`tar ${diffId}`, async () => {
    const { decompress } = await import('../layer/decompress/decompress.js');
    const { readLayer } = await import('../layer/read-layer.js');
    const unpack = () => {
      const chunks = decompress(store.openBlob({ digest }, signal), { limits });
      return store.receiveBlob({ digest: diffId }, chunks, (tee) =>
        readLayer(tee, { expect: { diffId }, limits, signal }),
      );
    };
    await orDamage(session, layer, unpack);
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
