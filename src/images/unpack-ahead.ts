// The layers of a base on their way to a RUN: the worker indexes and unpacks each in one pass while it is being fetched, so that it is
// decompressed once. When there is no worker the layer is indexed here, and the RUN says why there is none.
import type { StoredLayer } from '../store/stored-layer.js';
import { createReadStream } from 'node:fs';
import { invariant, TsbuildError } from '../core/errors.js';
import type { ChainLayer } from './chain-layer.js';
import { fetchKey, fetchLayer } from './fetch-layer.js';
import { indexing, layerRef } from './layer-files.js';
import type { Session } from '../builder/session.js';

/** Starts fetching what is missing of the layers (bottom first). Whoever needs one of them waits for it and gets its failure. */
export function unpackAhead(session: Session, layers: readonly ChainLayer[]): void {
  const below: Promise<StoredLayer>[] = [];
  for (const layer of layers) {
    const begun = beginLayer(session, layer, [...below]);
    begun.catch(() => undefined);
    below.push(begun);
  }
}

/** Whether all that is missing of the layers would be fetched for their indexes alone. */
export function areFetchedForIndexes(session: Session, layers: readonly ChainLayer[]): boolean {
  return layers.every((layer) => !isMissing(session, layer) || !session.store.hasIndex(layer.diffId));
}

function isMissing({ store }: Session, { base, diffId }: ChainLayer): boolean {
  return base !== undefined && !store.hasBlob(diffId) && !store.hasWholeBlob(base.descriptor);
}

/** Resolves when the worker knows of the layer, or can read its blob. */
function beginLayer(
  session: Session,
  layer: ChainLayer,
  below: readonly Promise<StoredLayer>[],
): Promise<StoredLayer> {
  if (!isMissing(session, layer)) return layerRef(session, layer);
  return new Promise((resolve, reject) => {
    const receive = (tee: AsyncIterable<Buffer>, path: string) => {
      const onBegun = () => resolve(arriving(layer));
      return receiveLayer(session, layer, { tee, path, below, onBegun });
    };
    session
      .once(fetchKey(layer), () => fetchLayer(session, layer, receive))
      .then(() => resolve(layerRef(session, layer)), reject);
  });
}

/** What it will be in the store. */
function arriving({ diffId, base }: ChainLayer): StoredLayer {
  invariant(base, 'only layers of a base are fetched');
  return { diffId, blob: base.descriptor.digest, size: base.descriptor.size };
}

interface Incoming {
  /** The blob as it comes, and the file that it goes to. */
  readonly tee: AsyncIterable<Buffer>;
  readonly path: string;
  readonly below: readonly Promise<StoredLayer>[];
  onBegun(): void;
}

async function receiveLayer(session: Session, layer: ChainLayer, incoming: Incoming): Promise<void> {
  const stop = new AbortController();
  const unpacked = unpackInWorker(session, layer, incoming, AbortSignal.any([session.signal, stop.signal]));
  let failure: unknown;
  unpacked.catch((error: unknown) => (failure = error));
  try {
    const chunks = incoming.tee[Symbol.asyncIterator]();
    // Damaged on the way or damaged at the source? The digest of the rest tells.
    while (!(await chunks.next()).done)
      if (failure !== undefined && !isDamage(failure)) await chunks.return?.();
  } catch (error) {
    stop.abort();
    await unpacked.catch(() => undefined);
    throw error;
  }
  if (await unpacked) return;
  const { indexLayer } = await import('../store/index-layer.js');
  await indexLayer(createReadStream(incoming.path, { highWaterMark: 1 << 20 }), indexing(session, layer));
}

function isDamage(error: unknown): boolean {
  return error instanceof TsbuildError && error.code === 'LAYER_INVALID';
}

/** False when there is no worker. @throws TsbuildError of the worker */
async function unpackInWorker(
  session: Session,
  layer: ChainLayer,
  { path, below, onBegun }: Incoming,
  signal: AbortSignal,
): Promise<boolean> {
  const sandbox = await session.sandbox().catch(() => undefined);
  if (!sandbox) return false;
  const lowers = await Promise.all(below);
  const unpacked = sandbox.unpack(
    { ...arriving(layer), growing: path, limits: session.layerLimits },
    lowers,
    signal,
  );
  onBegun();
  await unpacked;
  return true;
}
