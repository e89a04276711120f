// The names of images: the manifests of the layout's index.json. Invariant: index.json is always a valid image index,
// replaced in one step.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDigest, type Digest } from '../core/digest.js';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { MEDIA, type Descriptor, type ImageIndex } from '../oci/types.js';
import { syncFolder, writeDurably } from './durable-write.js';
import type { StorePaths } from './store-paths.js';

const NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';
/** What the registry called the name when the image was pulled: the digest of an index, or of the manifest. */
const REGISTRY_DIGEST = 'tsbuild.registry.digest';

/** @throws TsbuildError STORE_CORRUPT, STORE_UNWRITABLE */
function readImageIndex(paths: StorePaths): ImageIndex {
  const path = join(paths.oci, 'index.json');
  try {
    const index = JSON.parse(readFileSync(path, 'utf8')) as ImageIndex | null;
    if (
      index?.schemaVersion === 2 &&
      Array.isArray(index.manifests) &&
      index.manifests.every((m: Descriptor | null) => isDigest(m?.digest))
    )
      return index;
  } catch (error) {
    if (!(error instanceof SyntaxError)) throw unreadable(path, error);
  }
  throw new TsbuildError('STORE_CORRUPT', `${path} is not an image index`, {
    hint: `move the store away and build again: mv ${paths.root} ${paths.root}.bad`,
  });
}

function unreadable(path: string, cause: unknown): unknown {
  if (errnoOf(cause) !== 'EACCES') return cause;
  return new TsbuildError('STORE_UNWRITABLE', `cannot read ${path}: permission denied`, {
    hint: 'the store belongs to another user: set TSBUILD_ROOT to a directory that you own',
    cause,
  });
}

/** The manifests of all images that have a name. */
export function namedImages(paths: StorePaths): readonly Descriptor[] {
  return readImageIndex(paths).manifests;
}

export interface ImageName {
  /** Fully qualified; absent for an image of the layout that has none. */
  readonly name?: string;
  /** The manifest, without what index.json says about the name. */
  readonly image: Descriptor;
  /** Of what the registry had under the name, when the image was pulled. */
  readonly registryDigest?: Digest;
}

/** In the order in which the names were given. @throws TsbuildError STORE_CORRUPT */
export function listNames(paths: StorePaths): readonly ImageName[] {
  return namedImages(paths).map(({ annotations = {}, ...image }) => {
    const { [NAME]: name, [CONTAINERD_NAME]: _, [REGISTRY_DIGEST]: registryDigest, ...others } = annotations;
    return {
      ...(name !== undefined && { name }),
      image: Object.keys(others).length === 0 ? image : { ...image, annotations: others },
      ...(isDigest(registryDigest) && { registryDigest }),
    };
  });
}

/** The manifest a fully qualified name stands for. */
export function findImage(paths: StorePaths, name: string): Descriptor | undefined {
  return readImageIndex(paths).manifests.find((m) => m.annotations?.[NAME] === name);
}

/** Loads what `nameImage` needs, for who has time before it comes to that. */
export async function prepareToName(): Promise<void> {
  const { prepareToLock } = await import('./lock.js');
  await prepareToLock();
}

/** The image as a name of it says what the registry had under that name: see `ImageName`. */
export function withRegistryDigest(image: Descriptor, registryDigest: Digest): Descriptor {
  return { ...image, annotations: { ...image.annotations, [REGISTRY_DIGEST]: registryDigest } };
}

/** Whether a name of `findImage` stands for what a registry has, and not for what was made or loaded here. */
export function wasPulled({ annotations }: Descriptor): boolean {
  return annotations?.[REGISTRY_DIGEST] !== undefined;
}

/**
 * Points the names to the image; a name that pointed elsewhere moves. Writes nothing when all is so already. The names
 * are on the disk when this returns, and never before those of the image's blobs, whose contents are there.
 * @throws TsbuildError STORE_CORRUPT, STORE_LOCKED, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export async function nameImage(
  paths: StorePaths,
  image: Descriptor,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const registryDigest = image.annotations?.[REGISTRY_DIGEST];
  const isNamed = (name: string): boolean => {
    const found = findImage(paths, name);
    return found?.digest === image.digest && found.annotations?.[REGISTRY_DIGEST] === registryDigest;
  };
  if (names.every(isNamed)) return;
  const named = names.map((name) => ({
    ...image,
    annotations: { ...image.annotations, [CONTAINERD_NAME]: name, [NAME]: name },
  }));
  await Promise.all([import('./lock.js'), syncFolder(dirname(paths.blob(image.digest)))]);
  await changeNames(paths, signal, (manifests) => [...without(manifests, names), ...named]);
}

/**
 * Removes names; those that are not there are passed over. Gives the removed ones. No file of an image is deleted. An
 * image without a name is removed by the digest of its manifest.
 * @throws TsbuildError STORE_CORRUPT, STORE_LOCKED, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export async function unnameImages(
  paths: StorePaths,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<readonly string[]> {
  let removed: readonly string[] = [];
  await changeNames(paths, signal, (manifests) => {
    const there = new Set(manifests.map(nameOf));
    removed = names.filter((name) => there.has(name));
    return without(manifests, names);
  });
  return removed;
}

function nameOf({ annotations, digest }: Descriptor): string {
  return annotations?.[NAME] ?? digest;
}

function without(manifests: readonly Descriptor[], names: readonly string[]): readonly Descriptor[] {
  return manifests.filter((manifest) => !names.includes(nameOf(manifest)));
}

async function changeNames(
  paths: StorePaths,
  signal: AbortSignal | undefined,
  change: (manifests: readonly Descriptor[]) => readonly Descriptor[],
): Promise<void> {
  const { withLock } = await import('./lock.js');
  await withLock(join(paths.root, 'index.lock'), signal ? { signal } : {}, () => {
    const manifests = change(readImageIndex(paths).manifests);
    const index: ImageIndex = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests };
    writeDurably(join(paths.oci, 'index.json'), JSON.stringify(index, null, 2), paths.tmp);
  });
  await syncFolder(paths.oci);
}

/**
 * Lists an image that has no name, so that it is found by its id and kept.
 * @throws TsbuildError STORE_CORRUPT, STORE_LOCKED, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export async function listNameless(
  paths: StorePaths,
  image: Descriptor,
  signal?: AbortSignal,
): Promise<void> {
  const isListed = (manifests: readonly Descriptor[]): boolean =>
    manifests.some(({ digest }) => digest === image.digest);
  if (isListed(namedImages(paths))) return;
  await syncFolder(dirname(paths.blob(image.digest)));
  await changeNames(paths, signal, (manifests) => (isListed(manifests) ? manifests : [...manifests, image]));
}
