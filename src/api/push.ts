// Pushes images of the store to the registries of their names.
import { filledText, flag, object, oneOf, wholeNumber } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { createCompressedLayers } from '../compressed-layers.js';
import { closeAfter } from '../core/close-after.js';
import type { Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { rootDocuments, type BuiltImageDocuments } from '../export/index-documents.js';
import { imageDocuments, type ImageDocuments } from '../export/layout-documents.js';
import { isAttestation } from '../oci/descriptor.js';
import type { Image } from '../images/image.js';
import { createLayerFiles } from '../images/layer-files.js';
import { findLocalImage, openLocalImages, type FoundImage } from '../images/local-image.js';
import {
  canonicalReference,
  familiarReference,
  parseReference,
  repositoryName,
  type Reference,
} from '../oci/reference.js';
import { MEDIA, type Descriptor, type ImageManifest } from '../oci/types.js';
import type { ImageForm, SigningRequest } from '../plan/request.js';
import { signing } from '../validate-arguments.js';
import { createPush, type PushedDocuments } from '../push-outputs.js';
import { isIndex, readStoredAttestation, readStoredIndex } from '../images/stored-entries.js';
import { listNames } from '../store/image-names.js';
import type { Store } from '../store/store.js';
import { onEngine, type OpenCommand } from './on-engine.js';

export interface PushRequest extends Pick<
  ImageForm,
  'compression' | 'compressionLevel' | 'forceCompression'
> {
  /** `registry.test/app:1`; `latest` when it has no tag. */
  readonly image: string;
  /** All names of the repository that the store has; `image` has no tag then. */
  readonly allTags?: boolean;
  readonly sign?: SigningRequest;
}

export interface PushedImage {
  /** `registry.test/app:1` */
  readonly name: string;
  /** Of the manifest, or the index, as the registry has it. */
  readonly digest: Digest;
  /** Its bytes. */
  readonly size: number;
}

const pushRequest = object(
  {
    image: filledText,
    allTags: flag,
    compression: oneOf(['uncompressed', 'gzip', 'zstd']),
    compressionLevel: wholeNumber,
    forceCompression: flag,
    sign: signing,
  },
  ['image'],
);

/**
 * Layers that were made here are compressed, all else is pushed byte for byte.
 * @throws TsbuildError IMAGE_NOT_FOUND with similar names, OPTION_INVALID, OPTION_CONFLICT, REGISTRY_*,
 * CREDENTIALS_INVALID, SIGNING_FAILED, STORE_*, ABORTED
 */
export function push(request: PushRequest, options: BuildOptions = {}): Promise<readonly PushedImage[]> {
  pushRequest(request, 'request');
  return onEngine(options, async (open) => {
    const pushed: PushedImage[] = [];
    for (const image of imagesOf(open, request)) pushed.push(await pushNamed(open, request, image));
    return pushed;
  });
}

interface NamedImage {
  readonly reference: Reference;
  readonly found: FoundImage;
}

function imagesOf({ engine: { store } }: OpenCommand, request: PushRequest): readonly NamedImage[] {
  const { image: text, allTags } = request;
  if (allTags !== true) return [namedImage(findLocalImage(store, text), text)];
  const wanted = parseReference(text);
  if (wanted.tag !== undefined || wanted.digest !== undefined)
    throw new TsbuildError('OPTION_CONFLICT', "tag can't be used with --all-tags/-a", {
      hint: `write ${repositoryName(wanted)}`,
    });
  const names = listNames(store.paths).flatMap(({ name }) => name ?? []);
  const tagged = names.filter((name) => repositoryName(parseReference(name)) === repositoryName(wanted));
  // With none it says which names are similar.
  if (tagged.length === 0) return [namedImage(findLocalImage(store, text), text)];
  return tagged.map((name) => namedImage(findLocalImage(store, name), name));
}

function namedImage(found: FoundImage, text: string): NamedImage {
  const reference = found.name === undefined ? undefined : parseReference(found.name);
  if (reference?.tag !== undefined) return { reference, found };
  const names = found.names.flatMap(({ name }) =>
    name === undefined ? [] : [familiarReference(parseReference(name))],
  );
  const known = names.length === 0 ? '' : `, such as ${names.join(' or ')}`;
  throw new TsbuildError('OPTION_INVALID', `${text} is no name with a tag to push to`, {
    hint: `push a name of the image${known}; tsbuild tag gives it one`,
  });
}

async function pushNamed(
  { engine, signal: outer, emit, cwd }: OpenCommand,
  request: PushRequest,
  { reference, found }: NamedImage,
): Promise<PushedImage> {
  const { store, limits, now, registry, oneByOne } = engine;
  const stop = new AbortController();
  const signal = AbortSignal.any([outer, stop.signal]);
  const images = openLocalImages(store, found, registry);
  const files = createLayerFiles({ store, limits, signal, emit, now, oneByOne });
  const note = (message: string): void => emit({ kind: 'note', message });
  const compressed = createCompressedLayers({ store, signal, note });
  const name = canonicalReference(reference);
  const { sign } = request;
  const signPushed = sign && (await (await import('../open-signing.js')).openSigning(sign, engine, cwd));
  const pushing = createPush(
    { names: [reference], form: request, title: `pushing ${name}` },
    { store, files, compressed, writer: await engine.writer(), signal, emit, now, signPushed },
  );
  const { root } = await closeAfter(
    () =>
      pushing.finish(images, async (layers) => {
        const documents = pushedDocuments(store, { found, images }, layers);
        if (isLeftBehind(store, found, documents)) note(leftBehind(name));
        return documents;
      }),
    [() => stop.abort(), () => Promise.all([pushing.settle(), files.settle()])],
  );
  return { name, digest: root.digest, size: root.size };
}

/** An index of the store stays as it is when its images do. */
function pushedDocuments(
  store: Store,
  { found, images }: { readonly found: FoundImage; readonly images: readonly Image[] },
  layers: readonly (readonly Descriptor[])[],
): PushedDocuments {
  const stored = isIndex(found.manifest) ? readStoredIndex(store, found.manifest) : undefined;
  const builds = images.map((image, place): BuiltImageDocuments => {
    const documents = documentsOf(image, layers[place]!);
    const { digest: own } = documents.manifest;
    const attestations = stored && readStoredAttestation(store, stored.index, own);
    const entry = stored?.index.manifests.find(({ digest }) => digest === image.manifest.digest);
    const annotations = entry?.annotations && { annotations: entry.annotations };
    return {
      documents: { ...documents, manifest: { ...documents.manifest, ...annotations } },
      ...(attestations && { attestations }),
    };
  });
  if (!stored) return { builds, ...rootDocuments(builds) };
  if (images.every(({ manifest }, place) => manifest.digest === builds[place]!.documents.manifest.digest))
    return { builds, root: found.manifest, indexBytes: stored.bytes };
  const { annotations: index = {}, manifests } = stored.index;
  const others = manifests.filter((entry) => !isAttestation(entry)).length;
  return {
    builds,
    ...rootDocuments(builds, { isIndexForced: others > 1, annotations: { index, indexDescriptor: {} } }),
  };
}

/** What is said of an image in the store is not true of one whose layers were compressed for the push. */
function isLeftBehind(store: Store, { manifest }: FoundImage, { builds }: PushedDocuments): boolean {
  const stored = isIndex(manifest) ? readStoredIndex(store, manifest)?.index.manifests : undefined;
  return stored?.some(isAttestation) === true && builds.every(({ attestations }) => !attestations);
}

function leftBehind(name: string): string {
  return `the attestations of ${name} are not pushed, since they are of the image as the store has it: build with --push`;
}

/** Those of the store when its layers are pushed as they are. */
function documentsOf(image: Image, layers: readonly Descriptor[]): ImageDocuments {
  const { manifest, manifestBytes } = image;
  const document = JSON.parse(Buffer.from(manifestBytes).toString()) as ImageManifest;
  if (layers.every(({ digest }, index) => digest === document.layers[index]?.digest))
    return { manifest, manifestBytes: Buffer.from(manifestBytes), config: document.config };
  return imageDocuments({
    image,
    layers,
    annotations: { manifest: document.annotations ?? {} },
    ociMediaTypes: manifest.mediaType !== MEDIA.dockerManifest,
  });
}
