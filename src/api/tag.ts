// Gives an image of the store further names.
import { filledText, listOf } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { findLocalImage, openLocalImages } from '../images/local-image.js';
import { canonicalReference, parseImageName } from '../oci/reference.js';
import { nameImage } from '../store/image-names.js';
import { onEngine } from './on-engine.js';

/**
 * A name that stood for another image moves. Gives the names as they are in the store: `docker.io/library/app:1`.
 * @param source a name, the beginning of an id, or a digest
 * @param targets names, with `latest` where no tag is written
 * @throws TsbuildError IMAGE_NOT_FOUND, OPTION_INVALID, STORE_CORRUPT for an image that is damaged, STORE_LOCKED,
 * STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export async function tag(
  source: string,
  targets: readonly string[],
  options: BuildOptions = {},
): Promise<readonly string[]> {
  filledText(source, 'source');
  listOf(filledText)(targets, 'targets');
  return onEngine(options, async ({ engine: { store }, signal }) => {
    const names = targets.map((target) => canonicalReference(parseImageName(target)));
    const found = findLocalImage(store, source);
    // What was looked at is not pruned before the names hold it.
    const layers = openLocalImages(store, found).flatMap((image) => image.layers);
    for (const { descriptor } of layers) store.hasBlob(descriptor.digest);
    await nameImage(store.paths, found.manifest, names, signal);
    return names;
  });
}
