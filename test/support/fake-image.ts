// A one-layer image for a fake registry: nothing in it can be unpacked, everything in it has its true digest and size.
import { MEDIA, type Descriptor } from '../../src/oci/types.js';
import { digestOf, type Digest } from '../../src/core/digest.js';
import type { FakeRegistry } from './fake-registry.js';

export interface FakeImage {
  readonly digest: Digest;
  readonly layer: Descriptor;
  readonly layerBytes: Buffer;
  readonly document: object;
}

export function descriptorOf(bytes: Uint8Array, mediaType: string): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** The image as data; `seed` makes it another one. */
export function makeFakeImage(seed = 'layer', size = 200_000): FakeImage {
  const layerBytes = Buffer.alloc(size, `${seed} `);
  const configBytes = Buffer.from(JSON.stringify({ architecture: 'amd64', os: 'linux', seed }));
  const layer = descriptorOf(layerBytes, MEDIA.ociLayer);
  const document = {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: descriptorOf(configBytes, MEDIA.ociConfig),
    layers: [layer],
  };
  return { digest: digestOf(JSON.stringify(document)), layer, layerBytes, document };
}

/** Puts it there as `repository:latest`. */
export function putFakeImage(
  registry: FakeRegistry,
  repository: string,
  image: FakeImage = makeFakeImage(),
): FakeImage {
  registry.putBlob(image.layerBytes);
  registry.putManifest(repository, image.document, { type: MEDIA.ociManifest, tag: 'latest' });
  return image;
}
