// Images of the store to an archive.
import type { BuildOptions } from '../build-options.js';
import { closeAfter } from '../core/close-after.js';
import { invariant, TsbuildError } from '../core/errors.js';
import { sideBySide } from '../core/side-by-side.js';
import { reportStep } from '../core/step-events.js';
import type { PackedImage, PackedRoot } from '../export/archive/archive-documents.js';
import { archiveTar } from '../export/image-archive.js';
import { attested } from '../export/pack-root.js';
import { withCreated } from '../export/layout-documents.js';
import { writeChunks } from '../export/write-chunks.js';
import type { Engine } from '../engine.js';
import type { Image } from '../images/image.js';
import { createLayerFiles, LAYERS_AT_A_TIME } from '../images/layer-files.js';
import { findLocalImage, openLocalImage, openLocalImages, type FoundImage } from '../images/local-image.js';
import {
  bestEntry,
  isIndex,
  readStoredAttestation,
  readStoredIndex,
  type StoredBlob,
} from '../images/stored-entries.js';
import { attestedDigest, isAttestation } from '../oci/descriptor.js';
import { formatPlatform, platformOfNode, type Platform } from '../oci/platform.js';
import type { ImageManifest } from '../oci/types.js';
import { platformRank } from '../registry/select-platform.js';
import type { Store } from '../store/store.js';
import { tryOutputs } from '../try-outputs.js';
import { onEngine, type OpenCommand } from './on-engine.js';
import { outputOf } from '../standard-streams.js';
import { saveRequest } from './request-checks.js';

export interface SaveRequest {
  /** Names, beginnings of ids, or digests; at least one. */
  readonly names: readonly string[];
  /** A path; default `-`, standard output. */
  readonly output?: string;
  /** `docker` (default): an OCI layout with docker's manifest.json; `oci`: without it. */
  readonly format?: 'docker' | 'oci';
  /** Of an image for several platforms this one is written, and else all; another image is refused. */
  readonly platform?: Platform;
}

export interface SaveResult {
  /** Of the manifests or indexes, in the order in which they were first named. */
  readonly digests: readonly string[];
}

/**
 * Manifests, configs and layers are written as they are stored, blobs that images share once. What the store lacks of
 * an image that was pushed is fetched first.
 * @throws TsbuildError IMAGE_NOT_FOUND, OPTION_INVALID, REGISTRY_*, STORE_*, OUTPUT_FAILED, ABORTED
 */
export function save(request: SaveRequest, options: BuildOptions = {}): Promise<SaveResult> {
  saveRequest(request, 'request');
  const { names, output = '-', format = 'docker', platform } = request;
  return onEngine(options, async ({ engine, signal, emit, cwd }) => {
    const { store, now } = engine;
    const images = openImages(engine, names, platform);
    await bringLayers(engine, images, { signal, emit });
    const packed = packImages(images);
    tryOutputs({ outputs: [{ type: 'oci', dest: output }] }, cwd);
    const target = { dest: output, cwd, stdout: () => outputOf(options), signal };
    const step = { id: 'save', name: `[internal] write ${output === '-' ? 'to standard output' : output}` };
    await reportStep({ emit, now }, step, () => writeChunks(archiveTar(packed, { format }, store), target));
    return { digests: packed.map(({ root }) => root.digest) };
  });
}

interface NamedImage {
  /** As the user wrote it. */
  readonly text: string;
  /** Absent for an id or a digest. */
  readonly name: string | undefined;
  readonly images: readonly Image[];
  /** The index of the images, when all of it is written. */
  readonly index?: StoredBlob;
  /** Documents and statements of the attestations in the index. */
  readonly attestations?: readonly StoredBlob[];
}

function openImages(
  { store, registry }: Engine,
  names: readonly string[],
  platform: Platform | undefined,
): readonly NamedImage[] {
  if (names.length === 0)
    throw new TsbuildError('OPTION_INVALID', 'no image to save', { hint: 'name one or more' });
  return names.map((text) => {
    const found = findLocalImage(store, text);
    const { name, manifest } = found;
    if (isIndex(manifest) && !platform) {
      const images = openLocalImages(store, found, registry);
      const bytes = indexBytes(store, found);
      const attestations = attestationsOf(store, found, text);
      return { text, name, images, index: { descriptor: manifest, bytes }, attestations };
    }
    const image = openLocalImage(store, found, { registry, ...(platform && { platform }) });
    requirePlatform(image, text, platform);
    return { text, name, images: [image] };
  });
}

function indexBytes(store: Store, { manifest }: FoundImage): Uint8Array {
  const stored = readStoredIndex(store, manifest);
  invariant(stored, 'an index whose images were read is there');
  return stored.bytes;
}

function attestationsOf(store: Store, { manifest }: FoundImage, text: string): readonly StoredBlob[] {
  const index = readStoredIndex(store, manifest)?.index;
  const entries = index?.manifests.filter(isAttestation) ?? [];
  return entries.flatMap((entry) => {
    const stored = index && readStoredAttestation(store, index, attestedDigest(entry)!);
    if (stored) return attested(stored);
    throw new TsbuildError('STORE_CORRUPT', `${text}: its attestation ${entry.digest} is not in the store`, {
      hint: 'build the image again',
    });
  });
}

/** Base layers of an image that was only pushed are not in the store yet. */
async function bringLayers(
  { store, limits, now, oneByOne }: Engine,
  images: readonly NamedImage[],
  { signal, emit }: Pick<OpenCommand, 'signal' | 'emit'>,
): Promise<void> {
  const files = createLayerFiles({ store, limits, signal, emit, now, oneByOne });
  const layers = images.flatMap((one) => one.images).flatMap((image) => image.layers);
  await closeAfter(() => sideBySide(layers, LAYERS_AT_A_TIME, (layer) => files.blob(layer)), [files.settle]);
  for (const one of images) for (const image of one.images) requireLayers(store, image, one.text);
}

/** An image that is named twice is one image with two names. */
function packImages(images: readonly NamedImage[]): readonly PackedRoot[] {
  const packed = new Map<string, PackedRoot>();
  for (const one of images) {
    const own = packedRoot(one);
    const { digest } = own.root;
    packed.set(digest, { ...own, names: [...new Set([...(packed.get(digest)?.names ?? []), ...own.names])] });
  }
  return [...packed.values()];
}

function packedRoot({ name, images, index, attestations = [] }: NamedImage): PackedRoot {
  const packed = images.map(packedImage);
  const [first] = images as readonly [Image];
  const names = name === undefined ? [] : [name];
  if (!index)
    return { root: withCreated(first.manifest, first.config.created), names, images: packed, documents: [] };
  const own = bestEntry(
    images.map(({ manifest }) => manifest),
    platformOfNode(process.arch),
  );
  const dockerImage = packed.find(({ manifest }) => manifest.digest === own?.digest);
  return {
    root: index.descriptor,
    names,
    images: packed,
    documents: [...attestations, index],
    ...(dockerImage && { dockerImage }),
  };
}

function packedImage({ manifest, manifestBytes, configBytes }: Image): PackedImage {
  const { config, layers } = JSON.parse(Buffer.from(manifestBytes).toString('utf8')) as ImageManifest;
  return { manifest, manifestBytes, config, configBytes, layers };
}

function requirePlatform({ manifest }: Image, text: string, wanted: Platform | undefined): void {
  const own = manifest.platform;
  if (!wanted || !own || platformRank(own, wanted) !== undefined) return;
  throw new TsbuildError('REGISTRY_PLATFORM', `${text} is for ${formatPlatform(own)}`, {
    hint: `${formatPlatform(wanted)} was asked for: build or pull it with --platform first`,
  });
}

/** Before anything is written. */
function requireLayers(store: Store, { layers }: Image, text: string): void {
  const missing = layers.find(({ descriptor }) => !store.hasWholeBlob(descriptor));
  if (!missing) return;
  throw new TsbuildError(
    'STORE_CORRUPT',
    `${text}: the layer ${missing.descriptor.digest} is not in the store`,
    {
      hint: `bring it in again: build the image, or pull it`,
    },
  );
}
