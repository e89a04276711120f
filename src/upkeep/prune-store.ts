// Frees disk space: looks, chooses, deletes, and tells what went.
import { takeOverOldFolders } from '../rootfs/scheme-paths.js';
import { requireFlock, withPruneLock } from '../store/leases/prune-lock.js';
import { mergeLastUses, readLastUses, readLeases, usedNow } from '../store/leases/running-leases.js';
import { storePaths } from '../store/store-paths.js';
import { chooseItems, type PruneWish } from './choose.js';
import { diskOf } from './disk.js';
import { totalBytes, type Item, type StoreContents } from './item.js';
import { openSizes } from './known-sizes.js';
import { removeItems } from './remove-items.js';
import type { Unremoved } from '../worker/front/remove-owned.js';
import { scanStore } from './scan-store.js';
import { treeBelow } from './tree-below.js';

export interface PruneOptions {
  readonly storeRoot: string;
  readonly wish: PruneWish;
  /** Nothing is deleted. */
  readonly isDryRun: boolean;
  readonly signal: AbortSignal;
  /** Seconds since the epoch. */
  now(): number;
}

export interface Pruned {
  /** In the order in which they were deleted, or would be. */
  readonly items: readonly Item[];
  readonly bytesBefore: number;
  readonly bytesAfter: number;
  /** What a name of an image, a running build or a container holds. */
  readonly heldBytes: number;
  readonly unremoved: readonly Unremoved[];
}

/** Containers and volumes are nobody's cache: limits of the store are none for them. */
function onlyCache(contents: StoreContents): StoreContents {
  return { ...contents, items: contents.items.filter(({ place }) => place.kind !== 'apart') };
}

/**
 * `storeRoot` is that of an open store whose temporary files are held.
 * @throws TsbuildError STORE_NO_LOCKS, STORE_CORRUPT, STORE_UNWRITABLE, STORE_FULL, ABORTED
 */
export async function pruneStore({ storeRoot, wish, isDryRun, signal, now }: PruneOptions): Promise<Pruned> {
  const flock = await requireFlock();
  const paths = storePaths(storeRoot);
  takeOverOldFolders(paths);
  const time = now();
  const leases = await withPruneLock(paths.pruneLock, signal, () => {
    const read = readLeases(paths, flock, time);
    mergeLastUses(paths, read, time);
    return read;
  });
  // Before the names of images are read: what gets a name later was used later.
  const uses = readLastUses(paths, leases);
  const sizes = openSizes(paths);
  const contents = onlyCache(await scanStore({ paths, uses, signal, sizes, below: await treeBelow() }));
  sizes.save();
  const used = usedNow(leases);
  const isUsed = ({ isHeld, uses: things }: Item): boolean =>
    isHeld === true || things.some((thing) => used.has(thing));
  const chosen = chooseItems(contents, wish, diskOf(paths), { now: time, isUsed });
  const removed = isDryRun
    ? { items: chosen, unremoved: [] }
    : await removeItems({ paths, flock, signal, uses, now }, chosen);
  const before = totalBytes(contents);
  const free = contents.items.filter((item) => !isUsed(item));
  return {
    ...removed,
    bytesBefore: before,
    bytesAfter: before - removed.items.reduce((sum, { bytes }) => sum + bytes, 0),
    heldBytes: before - free.reduce((sum, { bytes }) => sum + bytes, 0),
  };
}
