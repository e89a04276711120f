// All that the store knows of an image.
import { filledText, listOf } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { detailsOf, type ImageDetails } from '../images/image-details.js';
import { findLocalImage, openLocalImage } from '../images/local-image.js';
import type { Platform } from '../oci/platform.js';
import { platform as validPlatform } from '../validate-arguments.js';
import { onEngine } from './on-engine.js';

export type { ImageDetails } from '../images/image-details.js';

export interface InspectChoice {
  /** Of an image for several platforms the one to look at; default that of this machine, else the first. */
  readonly platform?: Platform;
}

/**
 * In the order of the request, with the members of `docker image inspect`.
 * @param names names, beginnings of ids, or digests
 * @throws TsbuildError IMAGE_NOT_FOUND, REGISTRY_PLATFORM, OPTION_INVALID, STORE_CORRUPT, STORE_UNWRITABLE, STORE_FULL,
 * ABORTED
 */
export async function inspect(
  names: readonly string[],
  options: BuildOptions & InspectChoice = {},
): Promise<readonly ImageDetails[]> {
  listOf(filledText)(names, 'names');
  const { platform } = options;
  if (platform !== undefined) validPlatform(platform, 'options.platform');
  return onEngine(options, async ({ engine: { store } }) =>
    names.map((name) => {
      const found = findLocalImage(store, name);
      return detailsOf(found, openLocalImage(store, found, { ...(platform && { platform }) }));
    }),
  );
}
