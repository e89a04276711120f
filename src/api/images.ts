// The images of the store that have a name, or some of them.
import { filledText, flag, listOf, object, text, texts } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { filterImages, type ImageFilter } from '../images/filter-images.js';
import { summariseImages, type ImageSummary } from '../images/image-summary.js';
import { findLocalImage, openLocalImage } from '../images/local-image.js';
import type { Store } from '../store/store.js';
import { onEngine } from './on-engine.js';

export type { ImageSummary } from '../images/image-summary.js';

/** As ImageFilter, but that `before` and `since` are names or ids of images. */
export type ImagesRequest = ImageFilter;

const imagesRequest = object({
  references: texts,
  isDangling: flag,
  labels: listOf(object({ key: filledText, value: text }, ['key'])),
  before: filledText,
  since: filledText,
});

/**
 * One entry per name, the youngest first. An image that cannot be read is left out and told as a note.
 * @throws TsbuildError OPTION_INVALID, IMAGE_NOT_FOUND for an image to compare with, STORE_CORRUPT, STORE_UNWRITABLE,
 * STORE_FULL, ABORTED
 */
export async function images(
  request: ImagesRequest = {},
  options: BuildOptions = {},
): Promise<readonly ImageSummary[]> {
  imagesRequest(request, 'request');
  return onEngine(options, async ({ engine: { store }, emit }) => {
    const { images, damaged } = summariseImages(store);
    for (const message of damaged) emit({ kind: 'note', message });
    const { before, since, ...rest } = request;
    return filterImages(images, {
      ...rest,
      ...(before !== undefined && { before: createdOf(store, before) }),
      ...(since !== undefined && { since: createdOf(store, since) }),
    });
  });
}

function createdOf(store: Store, text: string): string {
  return openLocalImage(store, findLocalImage(store, text)).config.created ?? new Date(0).toISOString();
}
