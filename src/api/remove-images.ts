// Takes names away from images of the store. Their files stay until `prune`, which knows what else needs them.
import { filledText, flag, listOf, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { TsbuildError } from '../core/errors.js';
import { findLocalImage, type FoundImage } from '../images/local-image.js';
import { familiarName, parseReference } from '../oci/reference.js';
import { unnameImages } from '../store/image-names.js';
import type { Store } from '../store/store.js';
import { onEngine } from './on-engine.js';

export interface RemoveImagesRequest {
  /** Names, beginnings of ids, or digests. An id stands for all names of its image. */
  readonly images: readonly string[];
  /** An id whose image has names of several repositories, and an image that is not there, are no errors. */
  readonly force?: boolean;
}

export interface RemovedImages {
  /** Names as they were in the store: `docker.io/library/app:1`; the digest of an image without a name. */
  readonly untagged: readonly string[];
  /** Those of the request that are not there; only with `force`. */
  readonly missing: readonly string[];
}

const removeRequest = object({ images: listOf(filledText), force: flag }, ['images']);

/**
 * Removes all of them or none.
 * @throws TsbuildError IMAGE_NOT_FOUND, OPTION_INVALID, OPTION_CONFLICT for an id with names of several repositories;
 * STORE_CORRUPT, STORE_LOCKED, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export async function removeImages(
  request: RemoveImagesRequest,
  options: BuildOptions = {},
): Promise<RemovedImages> {
  removeRequest(request, 'request');
  const { images, force = false } = request;
  return onEngine(options, async ({ engine: { store }, signal }) => {
    const found = images.map((text) => ({ text, image: findOrMissing(store, text, force) }));
    const names = found.flatMap(({ text, image }) => (image ? namesOf(image, text, force) : []));
    return {
      untagged: await unnameImages(store.paths, [...new Set(names)], signal),
      missing: found.flatMap(({ text, image }) => (image ? [] : [text])),
    };
  });
}

function findOrMissing(store: Store, text: string, isForced: boolean): FoundImage | undefined {
  try {
    return findLocalImage(store, text);
  } catch (error) {
    if (isForced && error instanceof TsbuildError && error.code === 'IMAGE_NOT_FOUND') return undefined;
    throw error;
  }
}

/** Docker's rule: names of one repository go with the id, those of several only by force. */
function namesOf({ name, names, manifest }: FoundImage, text: string, isForced: boolean): readonly string[] {
  if (name !== undefined) return [name];
  if (names.every((each) => each.name === undefined)) return [manifest.digest];
  const all = names.flatMap((each) => each.name ?? []);
  const repositories = new Set(all.map((each) => familiarName(parseReference(each))));
  if (repositories.size <= 1 || isForced) return all;
  throw new TsbuildError(
    'OPTION_CONFLICT',
    `the image ${text} has names of several repositories: ${[...repositories].join(', ')}`,
    { hint: 'remove its names one by one, or all of them with --force' },
  );
}
