// Takes names away from images of the store. Their files stay until `prune`, which knows what else needs them.
import { filledText, flag, listOf, object } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { listRecords } from '../containers/container-files.js';
import { containersPaths } from '../containers/container-paths.js';
import { hexOf } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';
import { findLocalImage, openLocalImages, type FoundImage } from '../images/local-image.js';
import { familiarName, parseReference } from '../oci/reference.js';
import { unnameImages } from '../store/image-names.js';
import type { Store } from '../store/store.js';
import { onEngine } from './on-engine.js';

export interface RemoveImagesRequest {
  /** Names, beginnings of ids, or digests. An id stands for all names of its image. */
  readonly images: readonly string[];
  /**
   * An id whose image has names of several repositories, one with a container, and one that is not there are no errors.
   */
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
 * @throws TsbuildError IMAGE_NOT_FOUND, IMAGE_IN_USE, OPTION_INVALID, OPTION_CONFLICT for an id with names of several
 * repositories; STORE_CORRUPT, STORE_LOCKED, STORE_FULL, STORE_UNWRITABLE, ABORTED
 */
export async function removeImages(
  request: RemoveImagesRequest,
  options: BuildOptions = {},
): Promise<RemovedImages> {
  removeRequest(request, 'request');
  const { images, force = false } = request;
  return onEngine(options, async ({ engine: { store }, signal }) => {
    const found = images.map((text) => ({ text, image: findOrMissing(store, text, force) }));
    if (!force) refuseUsed(store, found);
    const names = found.flatMap(({ text, image }) => (image ? namesOf(image, text, force) : []));
    return {
      untagged: await unnameImages(store.paths, [...new Set(names)], signal),
      missing: found.flatMap(({ text, image }) => (image ? [] : [text])),
    };
  });
}

/** Docker's rule: the last name of an image stays while there is a container of it. */
function refuseUsed(
  store: Store,
  found: readonly { readonly text: string; readonly image: FoundImage | undefined }[],
): void {
  const containers = listRecords(containersPaths(store.paths));
  if (containers.length === 0) return;
  for (const { text, image } of found) {
    if (!image || (image.name !== undefined && image.names.length > 1)) continue;
    const ids = openLocalImages(store, image).map(({ configDigest }) => configDigest);
    const user = containers.find((container) => ids.includes(container.image.config));
    if (!user) continue;
    const [container, id] = [user.id.slice(0, SHORT_ID), hexOf(user.image.config).slice(0, SHORT_ID)];
    throw new TsbuildError(
      'IMAGE_IN_USE',
      `conflict: unable to remove repository reference "${text}" (must force) - container ${container} is using its referenced image ${id}`,
      { hint: `remove the container first: tsbuild rm ${user.name}; or take the name away with --force` },
    );
  }
}

const SHORT_ID = 12;

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
