// A base image out of an OCI image layout on disk (`oci-layout://`): its blobs are taken into the store when they are
// needed, verified.
import type { Platform } from '../oci/platform.js';
import { selectImage } from '../registry/select-image.js';
import type { Image } from './image.js';
import { imageOf } from './image-of.js';
import type { LayerSource } from './layer.js';
import { layoutContent, type LayoutPlace } from './layout-content.js';

/**
 * Its layers are read when they are needed.
 * @throws TsbuildError CONTEXT_NOT_FOUND, REGISTRY_PLATFORM, REGISTRY_PROTOCOL, REGISTRY_DIGEST_MISMATCH
 */
export async function openLayoutImage(layout: LayoutPlace, platform: Platform): Promise<Image> {
  const content = layoutContent(layout);
  const { name } = content;
  const source: LayerSource = { name, open: ({ digest }) => content.openBlob(digest) };
  const { bytes, ...found } = await selectImage(content.resolve(), platform, {
    name,
    readManifest: async (digest) => content.readManifest(digest),
    readConfig: async (config) => content.readDocument(config.digest),
  });
  const image = imageOf({ ...found, manifestBytes: bytes }, source, 'IMAGE_INVALID');
  for (const { descriptor } of image.layers) content.requireBlob(descriptor.digest);
  return image;
}
