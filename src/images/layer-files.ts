// Brings the files of layers into the store when they are needed, and not before: blob, index, uncompressed tar. Each
// once in a build.
import { invariant } from '../core/errors.js';
import type { Digest, DiffId } from '../core/digest.js';
import { createOnce } from '../core/once.js';
import { createOneByOne, type OneByOne } from '../core/one-by-one.js';
import type { LayerLimits } from '../layer/limits.js';
import type { Descriptor } from '../oci/types.js';
import { readKeptFile, type LayerContent } from '../store/kept-files.js';
import { isKnownPair, rememberPair, type LayerPair } from '../store/layer-pairs.js';
import type { StoredLayer } from '../store/stored-layer.js';
import { fetchBlob, type BlobConsumer, type FetchOptions } from './fetch-blob.js';
import { refusedBy, type Layer } from './layer.js';

/** Layers that are brought in at a time: more would wait for the connections to a registry, and each takes memory. */
export const LAYERS_AT_A_TIME = 8;

export interface LayerFilesOptions extends FetchOptions {
  /** Bounds on what layers may hold. */
  readonly limits: LayerLimits;
  /** Of all that fetch into this store in this process; by default of these files alone. */
  readonly oneByOne?: OneByOne;
}

export interface LayerFiles {
  /** Whether the bytes of the layer would have to be fetched. */
  isMissing(layer: Layer): boolean;
  /**
   * The layer with its blob in the store, compressed or not.
   * @throws TsbuildError REGISTRY_*, LAYER_*, STORE_*, ABORTED
   */
  stored(layer: Layer): Promise<StoredLayer>;
  /** Makes sure that the blob is in the store as the manifest has it. @throws as `stored` */
  blob(layer: Layer): Promise<void>;
  /**
   * Fetches the blob of a layer that is missing, unless somebody did before. It has its name when `consume` has
   * returned.
   * @throws as `stored`, and what `consume` throws
   */
  fetch(layer: Layer, consume: BlobConsumer): Promise<void>;
  /** Makes sure that the index of the layer is in the store. @throws as `stored` */
  index(layer: Layer): Promise<void>;
  /**
   * Makes sure that the uncompressed tar is in the store, so that content can be read at an offset.
   * @throws as `stored`
   */
  tar(layer: Layer): Promise<void>;
  /**
   * A small file that was kept beside the index, by where its content stands in the layer; undefined when it was not.
   */
  readKept(content: LayerContent): Buffer | undefined;
  /** Resolves when all that was begun has ended, well or not: nothing of it is left in tmp/ then. */
  settle(): Promise<void>;
}

export function createLayerFiles(options: LayerFilesOptions): LayerFiles {
  const { store, limits, signal, oneByOne = createOneByOne() } = options;
  const fetched = createOnce<Digest, void>();
  const indexed = createOnce<DiffId, void>();
  const unpacked = createOnce<DiffId, void>();
  const paired = createOnce<string, void>();

  const isMissing = ({ diffId, descriptor, source }: Layer): boolean =>
    source !== undefined && !store.hasBlob(diffId) && !store.hasWholeBlob(descriptor);

  const fetch = (layer: Layer, consume: BlobConsumer): Promise<void> =>
    fetched(layer.descriptor.digest, () =>
      oneByOne(`blob ${layer.descriptor.digest}`, signal, async ({ hasWaited }) => {
        if (hasWaited && store.hasWholeBlob(layer.descriptor)) return;
        await fetchBlob(options, layer, consume);
        if (isDoubted(layer)) rememberPair(store.paths, pairOf(layer));
      }),
    );

  async function addIndex(
    { diffId }: Layer,
    chunks: AsyncIterable<Buffer>,
    expect?: Descriptor,
  ): Promise<void> {
    const { indexLayer } = await import('../store/index-layer.js');
    await indexLayer(chunks, { diffId, paths: store.paths, limits, signal, ...(expect && { expect }) });
  }

  async function blob(layer: Layer): Promise<void> {
    const { descriptor, source } = layer;
    if (source && !store.hasWholeBlob(descriptor))
      await fetch(layer, (tee) => addIndex(layer, tee, descriptor));
    if (isDoubted(layer)) await paired(JSON.stringify(pairOf(layer)), () => requirePair(layer));
  }

  /** The blob may have been fetched as that of another layer. */
  async function requirePair(layer: Layer): Promise<void> {
    if (isKnownPair(store.paths, pairOf(layer))) return;
    const read = () => addIndex(layer, store.openBlob(layer.descriptor, signal));
    await orDamage(options, layer, read);
    rememberPair(store.paths, pairOf(layer));
  }

  async function stored(layer: Layer): Promise<StoredLayer> {
    const { diffId, descriptor, source, similar } = layer;
    const also = similar && { similar };
    const tarSize = store.blobSize(diffId);
    if (tarSize !== undefined) return { diffId, blob: diffId, size: tarSize, ...also };
    invariant(source, `layer ${diffId} is in no registry and not in the store`);
    await blob(layer);
    return { diffId, blob: descriptor.digest, size: descriptor.size, ...also };
  }

  async function makeIndex(layer: Layer): Promise<void> {
    const { blob } = await stored(layer);
    // A blob that had to be fetched was indexed on the way.
    if (store.hasIndex(layer.diffId)) return;
    const read = () => addIndex(layer, store.openBlob({ digest: blob }, signal));
    await orDamage(options, layer, read);
  }

  async function makeTar(layer: Layer): Promise<void> {
    const { blob } = await stored(layer);
    if (blob !== layer.diffId) await unpackTar(options, layer, blob);
  }

  return {
    isMissing,
    stored,
    blob,
    fetch,
    async index(layer) {
      if (!store.hasIndex(layer.diffId)) await indexed(layer.diffId, () => makeIndex(layer));
    },
    async tar(layer) {
      if (!store.hasBlob(layer.diffId)) await unpacked(layer.diffId, () => makeTar(layer));
    },
    readKept: (content) => readKeptFile(store.paths, content),
    settle: async () =>
      void (await Promise.all([fetched, indexed, unpacked, paired].map((once) => once.settle()))),
  };
}

/** Whether nobody vouches for what is said of the layer. */
function isDoubted({ source }: Layer): boolean {
  return source?.refuse !== undefined;
}

function pairOf({ diffId, descriptor }: Layer): LayerPair {
  return { blob: descriptor.digest, diffId };
}

async function unpackTar(options: LayerFilesOptions, layer: Layer, blob: Digest): Promise<void> {
  const { store, limits, signal } = options;
  const { diffId } = layer;
  const [{ decompress }, { readLayer }] = await Promise.all([
    import('../layer/decompress/decompress.js'),
    import('../layer/read-layer.js'),
  ]);
  const chunks = decompress(store.openBlob({ digest: blob }, signal), { limits });
  await orDamage(options, layer, () =>
    store.receiveBlob({ digest: diffId }, chunks, (tee) =>
      readLayer(tee, { expect: { diffId }, limits, signal }),
    ),
  );
}

/** What cannot be read of a layer may have been damaged in the store. */
async function orDamage(
  options: LayerFilesOptions,
  layer: Layer,
  work: () => Promise<unknown>,
): Promise<void> {
  try {
    await work();
  } catch (error) {
    const { explainByDamage } = await import('./verify-tars.js');
    throw refusedBy(layer, await explainByDamage(options, [layer], error));
  }
}
