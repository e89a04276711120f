// An image in a store as far as its documents go: what commands that read names, configs and manifests need. Its layers
// are digests without contents.
import { digestOf, type Digest, type DiffId } from '../../src/core/digest.js';
import { MEDIA, type Descriptor, type ImageConfig } from '../../src/oci/types.js';
import { nameImage } from '../../src/store/image-names.js';
import type { Store } from '../../src/store/store.js';

export interface StoreImage {
  readonly manifest: Descriptor;
  readonly id: Digest;
}

export interface StoreImageOptions {
  /** Members of the config that differ from the default. */
  readonly config?: Partial<ImageConfig>;
  /** Sizes of the layers; default one of 1000 bytes. */
  readonly sizes?: readonly number[];
}

/** Puts the documents into the store and names them. `seed` makes it another image. */
export async function putStoreImage(
  store: Store,
  seed: string,
  names: readonly string[],
  { config = {}, sizes = [1000] }: StoreImageOptions = {},
): Promise<StoreImage> {
  const diffIds = sizes.map((_, i) => digestOf(`${seed} ${i}`) as DiffId);
  const configBytes = Buffer.from(
    JSON.stringify({
      created: '2026-01-02T03:04:05Z',
      architecture: 'amd64',
      os: 'linux',
      config: { Labels: { seed } },
      rootfs: { type: 'layers', diff_ids: diffIds },
      history: diffIds.map((_, i) => ({ created: '2026-01-02T03:04:05Z', created_by: `RUN ${seed} ${i}` })),
      ...config,
    }),
  );
  const manifestBytes = Buffer.from(
    JSON.stringify({
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      config: { mediaType: MEDIA.ociConfig, digest: digestOf(configBytes), size: configBytes.length },
      layers: diffIds.map((digest, i) => ({ mediaType: MEDIA.ociLayer, digest, size: sizes[i] })),
    }),
  );
  await store.putSmallBlobs([configBytes, manifestBytes]);
  const manifest = {
    mediaType: MEDIA.ociManifest,
    digest: digestOf(manifestBytes),
    size: manifestBytes.length,
    platform: { architecture: 'amd64', os: 'linux' },
  };
  await nameImage(store.paths, manifest, names);
  return { manifest, id: digestOf(configBytes) };
}
