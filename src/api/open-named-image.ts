// An image by a name of the store, or else of a registry, for commands that look into it.
import { TsbuildError } from '../core/errors.js';
import type { Image } from '../images/image.js';
import { createLayerFiles, LAYERS_AT_A_TIME, type LayerFiles } from '../images/layer-files.js';
import { findLocalImage, openLocalImage } from '../images/local-image.js';
import { createImageResolver } from '../images/resolve-image.js';
import { sideBySide } from '../core/side-by-side.js';
import { platformOfNode, type Platform } from '../oci/platform.js';
import type { OpenCommand } from './on-engine.js';

export interface WantedImage {
  /** A name or the beginning of an id of an image of the store, or a reference. */
  readonly image: string;
  /** Default that of this machine. */
  readonly platform?: Platform;
}

/**
 * Its documents are in the store then, its layers may not be.
 * @throws TsbuildError IMAGE_NOT_FOUND, REGISTRY_*, STORE_*, OPTION_INVALID, ABORTED
 */
export async function openNamedImage(
  { engine: { store, registry, now, oneByOne }, signal, emit }: OpenCommand,
  { image: text, platform }: WantedImage,
): Promise<Image> {
  try {
    const found = findLocalImage(store, text);
    return openLocalImage(store, found, { registry, ...(platform && { platform }) });
  } catch (error) {
    if (!isElsewhere(error) || isId(text)) throw error;
  }
  emit({ kind: 'note', message: `${text} is not in the store, its registry is asked` });
  const resolve = createImageResolver({ store, registry, isPulled: false, signal, emit, now, oneByOne });
  return resolve(text, platform ?? platformOfNode(process.arch));
}

/** An image of the store for other platforms may have more of them in its registry. */
function isElsewhere(error: unknown): boolean {
  return (
    error instanceof TsbuildError && (error.code === 'IMAGE_NOT_FOUND' || error.code === 'REGISTRY_PLATFORM')
  );
}

function isId(text: string): boolean {
  return /^sha256:|^[0-9a-f]{64}$/.test(text);
}

/** Files of layers of this command. Settle them at its end. */
export function openLayerFiles({ engine, signal, emit }: OpenCommand): LayerFiles {
  const { store, limits, now, oneByOne } = engine;
  return createLayerFiles({ store, limits, signal, emit, now, oneByOne });
}

/** Makes sure that the indexes of its layers are in the store. @throws as `LayerFiles.index` */
export async function bringIndexes(files: LayerFiles, { layers }: Image): Promise<void> {
  await sideBySide(layers, LAYERS_AT_A_TIME, (layer) => files.index(layer));
}
