// What a name in the store stands for: one manifest, or an index of images of several platforms.
import { attestedDigest, isAttestation, platformOfDescriptor } from '../oci/descriptor.js';
import { MEDIA, type Descriptor, type ImageIndex, type ImageManifest } from '../oci/types.js';
import type { Platform } from '../oci/platform.js';
import { platformRank } from '../registry/select-platform.js';
import type { Store } from '../store/store.js';

export function isIndex({ mediaType }: Pick<Descriptor, 'mediaType'>): boolean {
  return mediaType === MEDIA.ociIndex || mediaType === MEDIA.dockerList;
}

/** An index of the store; undefined when it is gone or damaged. */
export function readStoredIndex(
  store: Pick<Store, 'readSmallBlob'>,
  { digest }: Descriptor,
): { readonly index: ImageIndex; readonly bytes: Uint8Array } | undefined {
  const bytes = store.readSmallBlob(digest);
  return bytes && { index: JSON.parse(bytes.toString('utf8')) as ImageIndex, bytes };
}

/** The manifests of its images, in the order of the platforms; the descriptor itself when it is no index. */
export function imageEntries(
  store: Pick<Store, 'readSmallBlob'>,
  descriptor: Descriptor,
): readonly Descriptor[] {
  if (!isIndex(descriptor)) return [descriptor];
  const manifests = readStoredIndex(store, descriptor)?.index.manifests ?? [];
  return manifests.filter((entry) => !isAttestation(entry));
}

/** The one that serves the platform best. One that does not say what it is for serves all. */
export function bestEntry(entries: readonly Descriptor[], platform: Platform): Descriptor | undefined {
  let best: { readonly entry: Descriptor; readonly rank: number } | undefined;
  for (const entry of entries) {
    const rank = entry.platform ? platformRank(platformOfDescriptor(entry.platform), platform) : 0;
    if (rank !== undefined && rank < (best?.rank ?? Infinity)) best = { entry, rank };
  }
  return best?.entry;
}

/** A document of the store, or a statement. */
export interface StoredBlob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

/** An attestation of an index of the store. */
export interface StoredAttestation {
  readonly manifest: Descriptor;
  readonly manifestBytes: Uint8Array;
  /** Config and layers of the manifest. */
  readonly blobs: readonly StoredBlob[];
}

/** What the index has beside the image with that digest; undefined for nothing, and for what is not whole. */
export function readStoredAttestation(
  store: Pick<Store, 'readSmallBlob'>,
  { manifests }: ImageIndex,
  image: string,
): StoredAttestation | undefined {
  const manifest = manifests.find((entry) => attestedDigest(entry) === image);
  const manifestBytes = manifest && store.readSmallBlob(manifest.digest);
  if (!manifestBytes) return undefined;
  const { config, layers } = JSON.parse(manifestBytes.toString('utf8')) as ImageManifest;
  const blobs = [config, ...layers].flatMap((descriptor) => {
    const bytes = store.readSmallBlob(descriptor.digest);
    return bytes ? [{ descriptor, bytes }] : [];
  });
  return blobs.length > layers.length ? { manifest, manifestBytes, blobs } : undefined;
}
