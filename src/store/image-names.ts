// The names of images: the manifests of the layout's index.json. Invariant: index.json is always a valid image index,
// replaced in one step.
import { readFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { isDigest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { MEDIA, type Descriptor, type ImageIndex } from '../oci/types.js';
import { syncFolder, writeDurably } from './durable-write.js';
import type { StorePaths } from './store-paths.js';

const NAME = 'org.opencontainers.image.ref.name';
const CONTAINERD_NAME = 'io.containerd.image.name';

/** @throws TsbuildError STORE_CORRUPT */
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
    if (!(error instanceof SyntaxError)) throw error;
  }
  throw new TsbuildError('STORE_CORRUPT', `${path} is not an image index`, {
    hint: `move the store away and build again: mv ${paths.root} ${paths.root}.bad`,
  });
}

/** The manifests of all images that have a name. */
export function namedImages(paths: StorePaths): readonly Descriptor[] {
  return readImageIndex(paths).manifests;
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

/**
 * Points the names to the image; a name that pointed elsewhere moves. Writes nothing when all is so already. The names
 * are on the disk when this returns, and never before those of the image's blobs, whose contents are there.
 */
export async function nameImage(
  paths: StorePaths,
  image: Descriptor,
  names: readonly string[],
  signal?: AbortSignal,
): Promise<void> {
  const isNamed = (name: string) => findImage(paths, name)?.digest === image.digest;
  if (names.every(isNamed)) return;
  const [{ withLock }] = await Promise.all([
    import('./lock.js'),
    syncFolder(dirname(paths.blob(image.digest))),
  ]);
  await withLock(join(paths.root, 'index.lock'), signal ? { signal } : {}, () => {
    const kept = readImageIndex(paths).manifests.filter((m) => !names.includes(m.annotations?.[NAME] ?? ''));
    const named = names.map((name) => ({
      ...image,
      annotations: { ...image.annotations, [CONTAINERD_NAME]: name, [NAME]: name },
    }));
    const index: ImageIndex = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [...kept, ...named] };
    writeDurably(join(paths.oci, 'index.json'), JSON.stringify(index, null, 2), paths.tmp);
  });
  await syncFolder(paths.oci);
}
