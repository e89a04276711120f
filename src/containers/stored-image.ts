// The image of a container, by its documents in the store: it may have lost its names since the container was made.
import { TsbuildError } from '../core/errors.js';
import { imageOf } from '../images/image-of.js';
import type { Image } from '../images/image.js';
import type { Layer } from '../images/layer.js';
import type { ImageManifest } from '../oci/types.js';
import type { Store } from '../store/store.js';
import type { ContainerImage } from './container-record.js';

/** @throws TsbuildError STORE_CORRUPT when a document is gone or damaged, IMAGE_INVALID */
export function storedImage(store: Store, { name, manifest: digest }: ContainerImage): Image {
  const manifestBytes = store.readSmallBlob(digest);
  if (!manifestBytes) throw gone(name, `manifest ${digest}`);
  const manifest = JSON.parse(manifestBytes.toString('utf8')) as ImageManifest;
  const configBytes = store.readSmallBlob(manifest.config.digest);
  if (!configBytes) throw gone(name, `config ${manifest.config.digest}`);
  const source = { name, open: store.openBlob };
  const image = imageOf({ digest, manifest, manifestBytes, configBytes }, source, 'IMAGE_INVALID');
  return { ...image, layers: image.layers.map(asInStore) };
}

/** A layer that lies there as a tar is as one that was made here. */
function asInStore(layer: Layer): Layer {
  const { source: _, ...made } = layer;
  return layer.descriptor.digest === layer.diffId ? made : layer;
}

function gone(name: string, what: string): TsbuildError {
  return new TsbuildError('STORE_CORRUPT', `${name}: its ${what} is not in the store, or was damaged`, {
    hint: `bring the image in again: build it, or tsbuild pull ${name}`,
  });
}
