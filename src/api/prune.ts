// Frees disk space of the store.
import { dirname } from 'node:path';
import type { BuildOptions } from '../build-options.js';
import { TsbuildError } from '../core/errors.js';
import { parseFilter } from '../upkeep/filters.js';
import { STORE_CLASSES, type Item, type StoreClass } from '../upkeep/item.js';
import { pruneStore } from '../upkeep/prune-store.js';
import { removeStore } from '../upkeep/remove-store.js';
import { onEngine } from './on-engine.js';
import { pruneRequest } from './request-checks.js';

export interface PruneRequest {
  /**
   * All that neither a name of an image nor a running build holds; else only what the last builds do not need either.
   */
  readonly isAll?: boolean;
  /** As `tsbuild prune --filter`. */
  readonly filters?: readonly string[];
  /** The store is made smaller than this, as far as nothing is deleted that is held. */
  readonly maxUsedBytes?: number;
  /** So much stays whatever the other limits say. */
  readonly reservedBytes?: number;
  /** So much of the disk is made free. */
  readonly minFreeBytes?: number;
  /** Containers that do not run are removed first, so that nothing holds their images for them. */
  readonly areContainersPruned?: boolean;
  /** Volumes of no container are deleted too, those that somebody named as well. */
  readonly areVolumesPruned?: boolean;
  /** Nothing is deleted; the result tells what would be. Not with containers or volumes. */
  readonly isDryRun?: boolean;
  /** Removes the whole store, named images too. With no other member but isDryRun. */
  readonly isEverything?: boolean;
}

export interface PrunedItem extends Pick<Item, 'id' | 'class' | 'bytes' | 'lastUsed' | 'description'> {}

export interface PruneResult {
  readonly freedBytes: number;
  /** In the order of the classes, without those of which nothing went. */
  readonly freedByClass: readonly {
    readonly class: StoreClass;
    readonly bytes: number;
    readonly count: number;
  }[];
  /** In the order in which they were deleted. */
  readonly items: readonly PrunedItem[];
  /** Of the store when it was over. */
  readonly leftBytes: number;
  /** Of it, what names of images and running builds hold. */
  readonly heldBytes: number;
}

/**
 * Builds may run meanwhile: what they use stays.
 * @throws TsbuildError OPTION_INVALID, OPTION_CONFLICT, STORE_NO_LOCKS, STORE_CORRUPT, STORE_UNWRITABLE, ABORTED;
 * STORE_IN_USE for isEverything while a build runs
 */
export async function prune(request: PruneRequest = {}, options: BuildOptions = {}): Promise<PruneResult> {
  pruneRequest(request, 'request');
  const { isDryRun = false, isAll = false, maxUsedBytes, reservedBytes, minFreeBytes } = request;
  const filters = (request.filters ?? []).map(parseFilter);
  const limits = { maxUsedBytes, reservedBytes, minFreeBytes };
  const isLimited = Object.values(limits).some((limit) => limit !== undefined);
  const { areContainersPruned = false, areVolumesPruned = false } = request;
  if (request.isEverything === true && (isAll || isLimited || filters.length > 0))
    throw new TsbuildError('OPTION_CONFLICT', 'the whole store is removed with no filter and no limit', {
      hint: 'leave out either --everything or the other options',
    });
  if (isDryRun && (areContainersPruned || areVolumesPruned))
    throw new TsbuildError('OPTION_CONFLICT', 'what containers and volumes would free is not known before', {
      hint: 'tsbuild du tells what they hold',
    });
  const apart = await pruneApart({ areContainersPruned, areVolumesPruned }, options);
  return onEngine(options, async ({ engine: { store, now }, signal, emit }) => {
    const storeRoot = dirname(store.paths.root);
    const unremovedNote = (folders: readonly { readonly path: string; readonly reason: string }[]): void => {
      for (const { path, reason } of folders)
        emit({ kind: 'note', message: `${path} could not be deleted, the next RUN deletes it: ${reason}` });
    };
    if (request.isEverything === true) {
      const { bytes, unremoved } = await removeStore({ storeRoot, isDryRun, signal, now });
      unremovedNote(unremoved);
      return { freedBytes: bytes, freedByClass: [], items: [], leftBytes: 0, heldBytes: 0 };
    }
    store.temporaries.hold();
    const wish = { isAll, filters, limits };
    const { items, bytesBefore, bytesAfter, heldBytes, unremoved } = await pruneStore({
      storeRoot,
      wish,
      isDryRun,
      signal,
      now,
    });
    unremovedNote(unremoved);
    return {
      freedBytes: bytesBefore - bytesAfter + apart.reduce((sum, { bytes }) => sum + bytes, 0),
      freedByClass: [...apart, ...freedByClass(items)],
      items: items.map(({ id, class: itsClass, bytes, lastUsed, description }) => ({
        id,
        class: itsClass,
        bytes,
        lastUsed,
        description,
      })),
      leftBytes: bytesAfter,
      heldBytes,
    };
  });
}

/** What holds images goes before they are looked at. */
async function pruneApart(
  {
    areContainersPruned,
    areVolumesPruned,
  }: { readonly areContainersPruned: boolean; readonly areVolumesPruned: boolean },
  options: BuildOptions,
): Promise<PruneResult['freedByClass']> {
  const freed: PruneResult['freedByClass'][number][] = [];
  if (areContainersPruned) {
    const { ids, freedBytes } = await (await import('./prune-containers.js')).pruneContainers({}, options);
    if (ids.length > 0) freed.push({ class: 'containers', bytes: freedBytes, count: ids.length });
  }
  if (areVolumesPruned) {
    const { names, freedBytes } = await (await import('./volumes.js')).pruneVolumes({ isAll: true }, options);
    if (names.length > 0) freed.push({ class: 'volumes', bytes: freedBytes, count: names.length });
  }
  return freed;
}

export function freedByClass(items: readonly Item[]): PruneResult['freedByClass'] {
  return STORE_CLASSES.flatMap((itsClass) => {
    const members = items.filter((item) => item.class === itsClass);
    const bytes = members.reduce((sum, item) => sum + item.bytes, 0);
    return members.length === 0 ? [] : [{ class: itsClass, bytes, count: members.length }];
  });
}
