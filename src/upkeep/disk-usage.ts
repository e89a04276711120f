// What the store holds, for who asks: the sum of each class, and every item.
import { bindFlock, type Flock } from '../host/flock.js';
import { loadKoffi } from '../host/load-koffi.js';
import { takeOverOldFolders } from '../rootfs/scheme-paths.js';
import { readLastUses, readLeases, usedNow } from '../store/leases/running-leases.js';
import { storePaths } from '../store/store-paths.js';
import { matches, type PruneFilters } from './filters.js';
import { STORE_CLASSES, totalBytes, type ImageUsage, type Item, type StoreClass } from './item.js';
import { openSizes } from './known-sizes.js';
import { scanStore } from './scan-store.js';
import { treeBelow } from './tree-below.js';

export interface UsedItem extends Omit<Item, 'place' | 'uses' | 'of' | 'isHeld'> {
  /** By a running build or a container. */
  readonly isInUse: boolean;
}

export interface ClassUsage {
  readonly class: StoreClass;
  readonly bytes: number;
  /**
   * What `prune --all --containers --volumes` would free: no name of an image, running build or container holds it.
   */
  readonly reclaimableBytes: number;
  /** Of the item that was used last; seconds since the epoch. */
  readonly lastUsed?: number;
  /** Of items; of names for `images`. */
  readonly count: number;
}

export interface DiskUsage {
  /** In the order of STORE_CLASSES, empty ones too. */
  readonly classes: readonly ClassUsage[];
  readonly totalBytes: number;
  readonly reclaimableBytes: number;
  /** The largest first. */
  readonly items: readonly UsedItem[];
  readonly images: readonly ImageUsage[];
  /** Folders that this user cannot look into. */
  readonly unreadable: readonly string[];
}

export interface UsageOptions {
  readonly storeRoot: string;
  /** Of items. */
  readonly filters: PruneFilters;
  readonly signal: AbortSignal;
  /** Seconds since the epoch. */
  now(): number;
}

/** @throws TsbuildError STORE_CORRUPT, STORE_UNWRITABLE, ABORTED */
export async function diskUsage({ storeRoot, filters, signal, now }: UsageOptions): Promise<DiskUsage> {
  const paths = storePaths(storeRoot);
  takeOverOldFolders(paths);
  const flock = await flockOrNone();
  const time = now();
  const leases = readLeases(paths, flock, time);
  const contents = await scanStore({
    paths,
    uses: readLastUses(paths, leases),
    signal,
    sizes: openSizes(paths),
    below: await treeBelow(),
  });
  const used = usedNow(leases);
  const items = contents.items
    .filter((item) => matches(item, filters, time))
    .map(({ place: _place, uses, of: _of, isHeld = false, ...item }) => ({
      ...item,
      isInUse: isHeld || uses.some((each) => used.has(each)),
    }))
    .sort((a, b) => b.bytes - a.bytes || (a.id < b.id ? -1 : 1));
  const fixed = filters.length === 0 ? contents.fixedBytes : undefined;
  const classes = STORE_CLASSES.map((each) => {
    const usage = classUsage(each, items, fixed?.[each] ?? 0);
    return each === 'images' && fixed ? { ...usage, count: contents.images.length } : usage;
  });
  return {
    classes,
    totalBytes: filters.length === 0 ? totalBytes(contents) : sum(classes, ({ bytes }) => bytes),
    reclaimableBytes: sum(classes, ({ reclaimableBytes }) => reclaimableBytes),
    items,
    images: contents.images,
    unreadable: contents.unreadable,
  };
}

function classUsage(itsClass: StoreClass, items: readonly UsedItem[], fixedBytes: number): ClassUsage {
  const members = items.filter((item) => item.class === itsClass);
  const lastUsed = members.reduce((latest, item) => Math.max(latest, item.lastUsed), 0);
  return {
    class: itsClass,
    bytes: fixedBytes + sum(members, ({ bytes }) => bytes),
    reclaimableBytes: sum(members, ({ bytes, isInUse }) => (isInUse ? 0 : bytes)),
    ...(members.length > 0 && { lastUsed }),
    count: members.length,
  };
}

function sum<T>(values: readonly T[], of: (value: T) => number): number {
  return values.reduce((total, value) => total + of(value), 0);
}

/** Without locks every lease counts as that of a running build. */
async function flockOrNone(): Promise<Flock> {
  const koffi = await loadKoffi().catch(() => undefined);
  return koffi ? bindFlock(koffi) : () => 'held';
}
