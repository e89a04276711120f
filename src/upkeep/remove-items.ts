// Deletes items of the store while builds run.
//
// What a build relies on stays: an item is deleted under the prune lock only, after all leases were read under it, and
// not when a running build says that it uses it, or when one has used it since the items were looked at (a build that
// ended meanwhile may have given it to an image with a name). A build that asks for it later finds it gone, and makes
// or fetches it again; one that asks at this moment waits for the lock first (store/leases/lease.ts).
// What is half deleted when this process dies counts as absent: records go before indexes, these before blobs, and a
// folder gets another name before anything in it is deleted.
import { randomBytes } from 'node:crypto';
import { closeSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../core/errno.js';
import { LOCK_EX, LOCK_NB, type Flock } from '../host/flock.js';
import { withPruneLock } from '../store/leases/prune-lock.js';
import { readLastUses, readLeases, usedNow } from '../store/leases/running-leases.js';
import type { StorePaths } from '../store/store-paths.js';
import type { Item } from './item.js';
import { removeOwned, type Unremoved } from './remove-owned.js';

export interface RemoveOptions {
  /** Without a lease: `storePaths`. */
  readonly paths: StorePaths;
  readonly flock: Flock;
  readonly signal: AbortSignal;
  /** When the items were looked at; seconds since the epoch. */
  readonly since: number;
  now(): number;
}

export interface Removed {
  readonly items: readonly Item[];
  /** Folders that got another name and could not be deleted. */
  readonly unremoved: readonly Unremoved[];
}

/** Builds wait that long at most; milliseconds. */
const LONGEST_HOLD = 20;

/** The clock of file times lags a little. Seconds. */
const SLACK = 2;

/** @throws TsbuildError STORE_NO_LOCKS, STORE_UNWRITABLE, ABORTED */
export async function removeItems(options: RemoveOptions, items: readonly Item[]): Promise<Removed> {
  const removed: Item[] = [];
  const buried: string[] = [];
  let next = 0;
  while (next < items.length)
    await withPruneLock(options.paths.pruneLock, options.signal, () => {
      const isKept = keptBy(options);
      const start = performance.now();
      do {
        const item = items[next++]!;
        if (isKept(item)) continue;
        const graves = bury(options, item);
        if (!graves) continue;
        removed.push(item);
        buried.push(...graves);
      } while (next < items.length && performance.now() - start < LONGEST_HOLD);
    });
  return { items: removed, unremoved: await removeOwned(options, buried) };
}

/** To be asked under the prune lock. */
function keptBy({ paths, flock, since, now }: RemoveOptions): (item: Item) => boolean {
  const leases = readLeases(paths, flock, now());
  const used = usedNow(leases);
  const uses = readLastUses(paths, leases);
  return (item) => item.uses.some((thing) => used.has(thing) || (uses.get(thing) ?? 0) >= since - SLACK);
}

/** Folders that are to be deleted later; undefined when a process uses it. */
function bury({ flock }: RemoveOptions, { place }: Item): string[] | undefined {
  switch (place.kind) {
    case 'files':
      for (const path of place.paths) rmSync(path, { recursive: true, force: true });
      return [];
    case 'tree':
      return rename(place.path, 'tmp-');
    case 'mount':
      return whileUnused(flock, place.lock, () => rename(place.path, 'old-'));
  }
}

/** The names by which rootfs/ knows work that nobody has any more. */
function rename(path: string, prefix: 'tmp-' | 'old-'): string[] {
  const grave = join(dirname(path), `${prefix}${randomBytes(8).toString('hex')}`);
  try {
    renameSync(path, grave);
    return [grave];
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

/** Processes that use a cache mount hold its lock (rootfs/cache-directory.ts). */
function whileUnused<T>(flock: Flock, lock: string, work: () => T): T | undefined {
  const fd = openSync(lock, 'a', 0o644);
  try {
    return flock(fd, LOCK_EX | LOCK_NB) === 'taken' ? work() : undefined;
  } finally {
    closeSync(fd);
  }
}
