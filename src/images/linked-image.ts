// The images of other targets that are built in the same go: contexts of the form `target:NAME`.
import { TsbuildError } from '../core/errors.js';
import { formatPlatform, type Platform } from '../oci/platform.js';
import type { Image } from './image.js';
import { bestEntry } from './stored-entries.js';

/** @throws TsbuildError TARGET_NOT_FOUND, REGISTRY_PLATFORM */
export type LinkedImage = (target: string, platform: Platform) => Image;

/**
 * A target of one platform serves all.
 * @param images of each target, by its name
 */
export function linkedImages(images: ReadonlyMap<string, readonly Image[]>): LinkedImage {
  return (target, platform) => {
    const made = images.get(target);
    if (!made)
      throw new TsbuildError('TARGET_NOT_FOUND', `the context target:${target} is no target of this build`, {
        hint: 'targets are built together by tsbuild bake',
      });
    const [only, ...others] = made;
    if (only && others.length === 0) return only;
    const entry = bestEntry(
      made.map(({ manifest }) => manifest),
      platform,
    );
    const image = made.find(({ manifest }) => manifest === entry);
    if (image) return image;
    throw new TsbuildError(
      'REGISTRY_PLATFORM',
      `target ${target} is not built for ${formatPlatform(platform)}`,
      {
        hint: `add ${formatPlatform(platform)} to its platforms`,
      },
    );
  };
}
