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
import { O_DIRECTORY, O_RDONLY } from '../host/syscalls/open-flags.js';
import { withPruneLock } from '../store/leases/prune-lock.js';
import { readLastUses, readLeases, usedNow, type LastUses } from '../store/leases/running-leases.js';
import type { StorePaths } from '../store/store-paths.js';
import type { Item } from './item.js';
import { removeOwned, type Unremoved } from '../worker/front/remove-owned.js';

export interface RemoveOptions {
  /** Without a lease: `storePaths`. */
  readonly paths: StorePaths;
  readonly flock: Flock;
  readonly signal: AbortSignal;
  /** When things had been used before the items were looked at. */
  readonly uses: LastUses;
  now(): number;
}

export interface Removed {
  readonly items: readonly Item[];
  /** Folders that got another name and could not be deleted. */
  readonly unremoved: readonly Unremoved[];
}

/** Builds wait about that long at most; seconds. */
const LONGEST_HOLD = 0.02;

/** Each holds a descriptor. */
const MOST_GRAVES = 128;

/** @throws TsbuildError STORE_NO_LOCKS, STORE_UNWRITABLE, ABORTED */
export async function removeItems(options: RemoveOptions, items: readonly Item[]): Promise<Removed> {
  const removed: Item[] = [];
  const unremoved: Unremoved[] = [];
  for (let next = 0; next < items.length;) {
    const graves: Grave[] = [];
    try {
      while (next < items.length && graves.length < MOST_GRAVES) {
        const taken = await takeItems(options, items.slice(next), graves);
        next += taken.count;
        removed.push(...taken.removed);
      }
      unremoved.push(
        ...(await removeOwned(
          options,
          graves.map(({ path }) => path),
        )),
      );
    } finally {
      for (const { lock } of graves) if (lock !== undefined) closeSync(lock);
    }
  }
  return { items: removed, unremoved };
}

/** Some of the items, in one go. */
function takeItems(
  options: RemoveOptions,
  items: readonly Item[],
  graves: Grave[],
): Promise<{ readonly count: number; readonly removed: readonly Item[] }> {
  return withPruneLock(options.paths.pruneLock, options.signal, () => {
    const isKept = keptBy(options);
    const start = process.uptime();
    const removed: Item[] = [];
    let count = 0;
    do {
      const item = items[count++]!;
      if (!isKept(item) && bury(options, item, graves)) removed.push(item);
    } while (count < items.length && graves.length < MOST_GRAVES && process.uptime() - start < LONGEST_HOLD);
    return { count, removed };
  });
}

/** To be asked under the prune lock. */
function keptBy({ paths, flock, uses: before, now }: RemoveOptions): (item: Item) => boolean {
  const leases = readLeases(paths, flock, now());
  const used = usedNow(leases);
  const uses = readLastUses(paths, leases);
  return (item) =>
    item.uses.some((thing) => used.has(thing) || (uses.get(thing) ?? 0) > (before.get(thing) ?? 0));
}

/** A folder with another name, to be deleted when the prune lock is free again. */
interface Grave {
  readonly path: string;
  /** Keeps workers from deleting it too; undefined where its owner lets nobody read it. */
  readonly lock: number | undefined;
}

/** False when a process uses it. */
function bury({ flock }: RemoveOptions, { place }: Item, graves: Grave[]): boolean {
  switch (place.kind) {
    case 'apart':
      return false;
    case 'files':
      for (const path of place.paths) rmSync(path, { recursive: true, force: true });
      return true;
    case 'tree':
      graves.push(...rename(flock, place.path, 'tmp-'));
      return true;
    case 'mount':
      return whileUnused(flock, place.lock, () => graves.push(...rename(flock, place.path, 'old-')));
  }
}

/** The names by which rootfs/ knows work that nobody has any more. */
function rename(flock: Flock, path: string, prefix: 'tmp-' | 'old-'): Grave[] {
  const lock = lockFolder(flock, path);
  const grave = join(dirname(path), `${prefix}${randomBytes(8).toString('hex')}`);
  try {
    renameSync(path, grave);
    return [{ path: grave, lock }];
  } catch (error) {
    if (lock !== undefined) closeSync(lock);
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}

function lockFolder(flock: Flock, path: string): number | undefined {
  try {
    const fd = openSync(path, O_RDONLY | O_DIRECTORY);
    flock(fd, LOCK_EX | LOCK_NB);
    return fd;
  } catch (error) {
    if (['EACCES', 'ENOENT'].includes(errnoOf(error) ?? '')) return undefined;
    throw error;
  }
}

/** Processes that use a cache mount hold its lock (rootfs/cache-directory.ts). */
function whileUnused(flock: Flock, lock: string, work: () => void): boolean {
  const fd = openSync(lock, 'a', 0o644);
  try {
    if (flock(fd, LOCK_EX | LOCK_NB) !== 'taken') return false;
    work();
    return true;
  } finally {
    closeSync(fd);
  }
}
