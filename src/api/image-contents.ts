// What an image holds: sizes of directories, what each layer changed, and which bytes are wasted.
import { count, filledText, fraction, object, text } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { closeAfter } from '../core/close-after.js';
import type { DiffId } from '../core/digest.js';
import { analyseLayers, type AnalysedLayer } from '../image-contents/analyse-layers.js';
import type { ImageContents } from '../image-contents/image-contents.js';
import { layerInstructions } from '../images/image-history.js';
import type { Image } from '../images/image.js';
import type { LayerEntry } from '../layer/entry.js';
import type { Platform } from '../oci/platform.js';
import type { Store } from '../store/store.js';
import { platform as validPlatform } from '../validate-arguments.js';
import { onEngine } from './on-engine.js';
import { bringIndexes, openLayerFiles, openNamedImage } from './open-named-image.js';

export type * from '../image-contents/image-contents.js';

export interface ImageContentsRequest {
  /** A name or the beginning of an id of an image of the store, or a reference, which is fetched. */
  readonly image: string;
  /** Of an image for several platforms the one to look at; default that of this machine. */
  readonly platform?: Platform;
  /** The directory or file whose sizes are wanted; links are followed. Default the root. */
  readonly path?: string;
  /** Files that are named, of the largest and of the wasted; default 20. */
  readonly limit?: number;
  /** Directories and files below this part of the whole are left out of the tree of sizes: 0.001; default 0. */
  readonly share?: number;
  /** How far below the top the tree of sizes goes; default all the way. */
  readonly depth?: number;
  /** Names the changes of each layer: deeper ones are summed up in the directory there. Default none are named. */
  readonly changesDepth?: number;
}

const contentsRequest = object(
  {
    image: filledText,
    platform: validPlatform,
    path: text,
    limit: count,
    share: fraction,
    depth: count,
    changesDepth: count,
  },
  ['image'],
);

/**
 * No file of the image is read or written to disk; a layer that is in a registry alone is fetched into the store.
 * @throws TsbuildError IMAGE_NOT_FOUND, also for a path; REGISTRY_*, LAYER_*, STORE_*, OPTION_INVALID, ABORTED
 */
export function imageContents(
  request: ImageContentsRequest,
  options: BuildOptions = {},
): Promise<ImageContents> {
  contentsRequest(request, 'request');
  return onEngine(options, async (open) => {
    const image = await openNamedImage(open, request);
    const files = openLayerFiles(open);
    return closeAfter(async () => {
      await bringIndexes(files, image);
      return analyseLayers(analysedLayers(open.engine.store, image), request, open.signal);
    }, [files.settle]);
  });
}

function analysedLayers(store: Store, image: Image): readonly AnalysedLayer[] {
  const instructions = layerInstructions(image);
  return image.layers.map(({ diffId, descriptor }, place) => {
    const tarBytes = store.blobSize(diffId);
    return {
      diffId,
      ...(tarBytes !== undefined && { size: tarBytes }),
      ...(descriptor.digest !== diffId && { compressedSize: descriptor.size }),
      createdBy: instructions[place]!,
      entries: () => entriesOf(store, diffId),
    };
  });
}

/** Row by row: the text of a large index is not decoded as a whole. */
function entriesOf(store: Store, diffId: DiffId): readonly LayerEntry[] {
  return [...{ [Symbol.iterator]: () => store.readIndexRows(diffId) }];
}
