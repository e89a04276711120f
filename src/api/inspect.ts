// All that the store knows of an image.
import { filledText, listOf } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { detailsOf, type ImageDetails } from '../images/image-details.js';
import { findLocalImage, openLocalImage } from '../images/local-image.js';
import { onEngine } from './on-engine.js';

export type { ImageDetails } from '../images/image-details.js';

/**
 * In the order of the request, with the members of `docker image inspect`.
 * @param names names, beginnings of ids, or digests
 * @throws TsbuildError IMAGE_NOT_FOUND, OPTION_INVALID, STORE_CORRUPT, STORE_UNWRITABLE, STORE_FULL, ABORTED
 */
export async function inspect(
  names: readonly string[],
  options: BuildOptions = {},
): Promise<readonly ImageDetails[]> {
  listOf(filledText)(names, 'names');
  return onEngine(options, async ({ engine: { store } }) =>
    names.map((name) => {
      const found = findLocalImage(store, name);
      return detailsOf(found, openLocalImage(store, found));
    }),
  );
}
