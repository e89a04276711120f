// The index of a layout: which tag stands for which manifest, and which blobs the tags need. Entries of others are kept
// as they are.
import { isDigest, type Digest } from '../../../core/digest.js';
import { TsbuildError } from '../../../core/errors.js';
import { MEDIA, type Descriptor, type ImageIndex } from '../../../oci/types.js';
import { parseDocument } from '../../../registry/document.js';

const REF_NAME = 'org.opencontainers.image.ref.name';

export const EMPTY_INDEX: ImageIndex = { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [] };

/** @throws TsbuildError CACHE_INVALID */
export function parseLayoutIndex(bytes: Buffer, name: string): ImageIndex {
  try {
    const found = parseDocument(bytes, '', name);
    if (found.kind === 'index') return found.index;
  } catch (error) {
    throw new TsbuildError('CACHE_INVALID', `${name} cannot be read: it is damaged`, { cause: error });
  }
  throw new TsbuildError('CACHE_INVALID', `${name} is not an image index`);
}

export function entryOf(index: ImageIndex, tag: string): Descriptor | undefined {
  return index.manifests.find(({ annotations }) => annotations?.[REF_NAME] === tag);
}

/** The index with the tag on another manifest. */
export function withEntry(
  index: ImageIndex,
  tag: string,
  { mediaType, digest, size }: Descriptor,
): ImageIndex {
  const entry: Descriptor = { mediaType, digest, size, annotations: { [REF_NAME]: tag } };
  const others = index.manifests.filter(({ annotations }) => annotations?.[REF_NAME] !== tag);
  return { ...index, manifests: [...others, entry] };
}

const DOCUMENTS: ReadonlySet<string> = new Set([
  MEDIA.ociIndex,
  MEDIA.ociManifest,
  MEDIA.dockerList,
  MEDIA.dockerManifest,
]);

/**
 * The digests that the entries need: manifests, their configs and layers, and so on down.
 * @param readDocument undefined when the layout lacks it
 * @returns undefined when something cannot be read, so that nobody knows what it needs
 */
export function neededBlobs(
  index: ImageIndex,
  readDocument: (digest: Digest) => Buffer | undefined,
): ReadonlySet<string> | undefined {
  const needed = new Set<string>();
  const left: Descriptor[] = [...index.manifests];
  try {
    for (let one = left.pop(); one; one = left.pop()) {
      if (needed.has(one.digest)) continue;
      needed.add(one.digest);
      const bytes =
        DOCUMENTS.has(one.mediaType) && isDigest(one.digest) ? readDocument(one.digest) : undefined;
      if (bytes) left.push(...childrenOf(bytes, one.mediaType));
    }
  } catch {
    return undefined;
  }
  return needed;
}

function childrenOf(bytes: Buffer, mediaType: string): readonly Descriptor[] {
  const found = parseDocument(bytes, mediaType, 'manifest');
  if (found.kind === 'index') return found.index.manifests;
  return [found.manifest.config, ...found.manifest.layers];
}
