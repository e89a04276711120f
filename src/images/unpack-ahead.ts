// The layers of a base on their way to a rootfs: the sandbox indexes and unpacks each in one pass while it is being
// fetched, so that it is decompressed once. When there is no sandbox the layer is indexed here, and who needs one is
// told why there is none.
import { createReadStream } from 'node:fs';
import { TsbuildError } from '../core/errors.js';
import type { LayerLimits } from '../layer/limits.js';
import type { Store } from '../store/store.js';
import type { ArrivingLayer, StoredLayer } from '../store/stored-layer.js';
import type { LayerFiles } from './layer-files.js';
import type { Layer } from './layer.js';

/** What of a sandbox is needed. */
export interface LayerUnpacker {
  /** @param below the layers below, bottom first. @throws TsbuildError LAYER_*, STORE_*, ABORTED */
  unpack(layer: ArrivingLayer, below: readonly StoredLayer[], signal: AbortSignal): Promise<void>;
}

export interface UnpackAheadOptions {
  readonly files: LayerFiles;
  readonly store: Store;
  readonly limits: LayerLimits;
  readonly signal: AbortSignal;
  /** May reject: then nothing is unpacked. */
  unpacker(): Promise<LayerUnpacker>;
}

/**
 * Starts fetching what is missing of the layers (bottom first). Whoever needs one of them waits for it and gets its
 * failure.
 */
export function unpackAhead(options: UnpackAheadOptions, layers: readonly Layer[]): void {
  const below: Promise<StoredLayer>[] = [];
  for (const layer of layers) {
    const begun = beginLayer(options, layer, [...below]);
    begun.catch(() => undefined);
    below.push(begun);
  }
}

/** Whether all that is missing of the layers would be fetched for their indexes alone. */
export function areFetchedForIndexes(
  { files, store }: Pick<UnpackAheadOptions, 'files' | 'store'>,
  layers: readonly Layer[],
): boolean {
  return layers.every((layer) => !files.isMissing(layer) || !store.hasIndex(layer.diffId));
}

/** Resolves when the sandbox knows of the layer, or can read its blob. */
function beginLayer(
  options: UnpackAheadOptions,
  layer: Layer,
  below: readonly Promise<StoredLayer>[],
): Promise<StoredLayer> {
  const { files } = options;
  if (!files.isMissing(layer)) return files.stored(layer);
  return new Promise((resolve, reject) => {
    const onBegun = () => resolve(asStored(layer));
    files
      .fetch(layer, (tee, path) => receiveLayer(options, layer, { tee, path, below, onBegun }))
      .then(() => resolve(files.stored(layer)), reject);
  });
}

/** What it will be in the store. */
function asStored({ diffId, descriptor }: Layer): StoredLayer {
  return { diffId, blob: descriptor.digest, size: descriptor.size };
}

interface Arrival {
  /** The blob as it comes, and the file that it goes to. */
  readonly tee: AsyncIterable<Buffer>;
  readonly path: string;
  readonly below: readonly Promise<StoredLayer>[];
  onBegun(): void;
}

async function receiveLayer(options: UnpackAheadOptions, layer: Layer, arrival: Arrival): Promise<void> {
  const { store, limits, signal } = options;
  const stop = new AbortController();
  const unpacked = unpackArriving(options, layer, arrival, AbortSignal.any([signal, stop.signal]));
  let failure: unknown;
  unpacked.catch((error: unknown) => (failure = error));
  try {
    const chunks = arrival.tee[Symbol.asyncIterator]();
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
  const blob = createReadStream(arrival.path, { highWaterMark: 1 << 20 });
  await indexLayer(blob, { diffId: layer.diffId, paths: store.paths, limits, signal });
}

function isDamage(error: unknown): boolean {
  return error instanceof TsbuildError && error.code === 'LAYER_INVALID';
}

/** False when there is no sandbox. @throws TsbuildError of the sandbox */
async function unpackArriving(
  { unpacker, limits }: UnpackAheadOptions,
  layer: Layer,
  { path, below, onBegun }: Arrival,
  signal: AbortSignal,
): Promise<boolean> {
  const sandbox = await unpacker().catch(() => undefined);
  if (!sandbox) return false;
  const lowers = await Promise.all(below);
  const unpacked = sandbox.unpack({ ...asStored(layer), growing: path, limits }, lowers, signal);
  onBegun();
  await unpacked;
  return true;
}
