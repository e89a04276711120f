// The images of the store, and how users name one: by a name, by the beginning of its id, or by a digest. A name comes
// before an id, as in docker. The id of an image is the digest of its config, and of an image for several platforms
// that of its index.
import type { Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { suggest } from '../core/suggest.js';
import {
  canonicalReference,
  familiarName,
  familiarReference,
  parseReference,
  repositoryName,
  type Reference,
} from '../oci/reference.js';
import type { Descriptor, ImageManifest } from '../oci/types.js';
import { parseDocument } from '../registry/document.js';
import { formatPlatform, platformOfNode, type Platform } from '../oci/platform.js';
import { listNames, type ImageName } from '../store/image-names.js';
import type { Store } from '../store/store.js';
import type { Image } from './image.js';
import { imageOf } from './image-of.js';
import type { Layer } from './layer.js';
import { repositorySource, type OpeningOptions } from './open-image.js';
import { bestEntry, imageEntries, isIndex } from './stored-entries.js';

/** Plain data. */
export interface LocalImage {
  /** Or index. */
  readonly manifest: Descriptor;
  /** All names of this manifest; one that has no name stands for an image without any. */
  readonly names: readonly ImageName[];
}

export interface FoundImage extends LocalImage {
  /** The fully qualified name that was asked for; absent for an id or a digest. */
  readonly name?: string;
}

/** Fewer digits would stand for an image by chance. */
const ID = /^(?:sha256:)?([0-9a-f]{4,64})$/;

/** In the order in which they got their first name. @throws TsbuildError STORE_CORRUPT, STORE_UNWRITABLE */
export function localImages({ paths }: Pick<Store, 'paths'>): readonly LocalImage[] {
  const byDigest = new Map<Digest, ImageName[]>();
  for (const name of listNames(paths)) {
    const names = byDigest.get(name.image.digest);
    if (names) names.push(name);
    else byDigest.set(name.image.digest, [name]);
  }
  return [...byDigest.values()].map((names) => ({ manifest: names[0]!.image, names }));
}

/**
 * @param text as a user writes it: `app:1`, `registry.test/app@sha256:…`, `sha256:…`, `3f1c9b2e`
 * @throws TsbuildError IMAGE_NOT_FOUND with similar names, OPTION_INVALID for what is no name and for an id that is the
 * beginning of several; STORE_CORRUPT, STORE_UNWRITABLE
 */
export function findLocalImage(store: Store, text: string): FoundImage {
  const images = localImages(store);
  const [, digits] = ID.exec(text) ?? [];
  const isIdOnly = digits !== undefined && (digits !== text || digits.length === 64);
  const reference = isIdOnly ? undefined : parseNameOfImage(text);
  const found = reference && byName(images, reference);
  const image = found ?? (digits === undefined ? undefined : byId(store, images, digits));
  if (image) return image;
  throw notFound(images, text, reference);
}

export interface OpeningChoice {
  readonly registry?: OpeningOptions['registry'];
  /** Of an index: the image for it. Default that of this machine, else the first. */
  readonly platform?: Platform;
}

/**
 * Config, manifest and layers. A layer that the store lacks is had from the repository that the image is named after;
 * without `registry` its source says that it is damaged. An image that was pushed has the layers of its base there.
 * @throws TsbuildError STORE_CORRUPT when a document is gone or damaged, STORE_UNWRITABLE; REGISTRY_PLATFORM when the
 * index has no image for the platform that was asked for
 */
export function openLocalImage(store: Store, found: FoundImage, choice: OpeningChoice = {}): Image {
  const entry = chosenEntry(entriesOf(store, found), choice.platform, found);
  return openEntry(store, found, entry, choice.registry);
}

/** All images of an index, in the order of the platforms; the one image when there is no index. @throws as above */
export function openLocalImages(
  store: Store,
  found: FoundImage,
  registry?: OpeningOptions['registry'],
): readonly Image[] {
  return entriesOf(store, found).map((entry) => openEntry(store, found, entry, registry));
}

function entriesOf(store: Store, { manifest, names }: LocalImage): readonly Descriptor[] {
  const entries = imageEntries(store, manifest);
  if (entries.length > 0) return entries;
  throw damaged(displayName(names[0], manifest), `index ${manifest.digest}`);
}

function chosenEntry(
  entries: readonly Descriptor[],
  wanted: Platform | undefined,
  { names, manifest }: FoundImage,
): Descriptor {
  const [first] = entries as readonly [Descriptor];
  if (!isIndex(manifest)) return first;
  const best = bestEntry(entries, wanted ?? platformOfNode(process.arch));
  if (best || !wanted) return best ?? first;
  const offered = entries.flatMap(({ platform }) => (platform ? formatPlatform(platform) : []));
  throw new TsbuildError(
    'REGISTRY_PLATFORM',
    `${displayName(names[0], manifest)} is for ${offered.join(', ')}, and not for ${formatPlatform(wanted)}`,
    { hint: 'build it with that platform too, or name another' },
  );
}

function openEntry(
  store: Store,
  { manifest: root, names, name: asked }: FoundImage,
  manifest: Descriptor,
  registry: OpeningOptions['registry'] | undefined,
): Image {
  const name = displayName(names[0], root);
  const manifestBytes = store.readSmallBlob(manifest.digest);
  if (!manifestBytes) throw damaged(name, `manifest ${manifest.digest}`);
  const document = parseDocument(manifestBytes, manifest.mediaType, name);
  if (document.kind === 'index')
    throw new TsbuildError('IMAGE_INVALID', `${name} is an index of indexes, and not of images`);
  const { config } = document.manifest;
  const configBytes = store.readSmallBlob(config.digest);
  if (!configBytes) throw damaged(name, `config ${config.digest}`);
  const named = asked ?? names[0]?.name;
  const source =
    registry && named !== undefined
      ? repositorySource({ store, registry }, parseReference(named))
      : { name, open: (blob: Descriptor, signal: AbortSignal) => store.openBlob(blob, signal) };
  const { digest } = manifest;
  const image = imageOf(
    { digest, manifest: document.manifest, manifestBytes, configBytes },
    source,
    'IMAGE_INVALID',
  );
  return { ...image, layers: image.layers.map(asInStore) };
}

/** A layer that lies there as a tar is as one that was made here. */
function asInStore(layer: Layer): Layer {
  const { source: _, ...made } = layer;
  return layer.descriptor.digest === layer.diffId ? made : layer;
}

function byName(images: readonly LocalImage[], reference: Reference): FoundImage | undefined {
  const name = canonicalReference(reference);
  const isMeant = (candidate: ImageName): boolean =>
    candidate.name === name || isSameDigest(candidate, reference);
  for (const image of images) {
    const meant = image.names.find(isMeant)?.name;
    if (meant !== undefined) return { ...image, name: meant };
  }
  return undefined;
}

/** `name@digest` also means an image of that repository that has the digest. */
function isSameDigest({ name, image, registryDigest }: ImageName, { digest, ...rest }: Reference): boolean {
  if (digest === undefined || name === undefined) return false;
  const isOfRepository = repositoryName(parseReference(name)) === repositoryName(rest);
  return isOfRepository && (digest === registryDigest || digest === image.digest);
}

/** A name as a user writes it. @throws TsbuildError OPTION_INVALID */
export function parseNameOfImage(text: string): Reference {
  try {
    return parseReference(text);
  } catch (error) {
    if (!(error instanceof TsbuildError)) throw error;
    const message = `${JSON.stringify(text)} is not the name of an image: ${error.message}`;
    throw error.with({ code: 'OPTION_INVALID', message });
  }
}

/** @param digits of an id, or all of a digest */
function byId(store: Store, images: readonly LocalImage[], digits: string): LocalImage | undefined {
  const digest = `sha256:${digits}`;
  const matches = new Map<Digest, LocalImage>();
  for (const image of images) {
    if (image.names.some((name) => name.image.digest === digest || name.registryDigest === digest))
      return image;
    const id = idOf(store, image);
    if (id?.startsWith(digest) && !matches.has(id)) matches.set(id, image);
  }
  const [first, ...others] = matches.values();
  if (first && others.length > 0) throw ambiguous(digits, [first, ...others]);
  return first;
}

/** That of an index is its digest. Undefined when the manifest is gone or damaged: then nobody knows the id. */
function idOf(store: Store, { manifest }: LocalImage): Digest | undefined {
  if (isIndex(manifest)) return manifest.digest;
  const bytes = store.readSmallBlob(manifest.digest);
  return bytes && (JSON.parse(bytes.toString('utf8')) as Partial<ImageManifest>).config?.digest;
}

function displayName(name: ImageName | undefined, { digest }: Descriptor): string {
  return name?.name === undefined ? digest : familiarReference(parseReference(name.name));
}

function damaged(name: string, what: string): TsbuildError {
  return new TsbuildError('STORE_CORRUPT', `${name}: its ${what} is not in the store, or was damaged`, {
    hint: `build or pull it again, or remove its name: tsbuild rmi ${name}`,
  });
}

function ambiguous(text: string, images: readonly LocalImage[]): TsbuildError {
  const names = images.map(({ names, manifest }) => displayName(names[0], manifest));
  return new TsbuildError(
    'OPTION_INVALID',
    `the ids of several images begin with ${text}: ${names.join(', ')}`,
    {
      hint: 'write more of the id, or a name',
    },
  );
}

function notFound(images: readonly LocalImage[], text: string, wanted: Reference | undefined): TsbuildError {
  const names = images.flatMap((image) => image.names.flatMap(({ name }) => name ?? [])).map(parseReference);
  const similar = (wanted ? similarNames(wanted, names) : []).slice(0, MOST_SIMILAR);
  const question = similar.length === 0 ? '' : ` (did you mean ${similar.join(' or ')}?)`;
  const pull = wanted ? `; tsbuild pull ${text} brings one in` : '';
  return new TsbuildError('IMAGE_NOT_FOUND', `no such image in the store: ${text}${question}`, {
    hint: `tsbuild images lists those that are there${pull}`,
  });
}

const MOST_SIMILAR = 3;

/** Those of the same repository, else of the one that is written nearly so. */
function similarNames(wanted: Reference, names: readonly Reference[]): readonly string[] {
  const ofRepository = (repository: string | undefined): readonly string[] =>
    names.filter((name) => familiarName(name) === repository).map(familiarReference);
  const same = ofRepository(familiarName(wanted));
  return same.length > 0 ? same : ofRepository(suggest(familiarName(wanted), names.map(familiarName)));
}
