// Which items a prune deletes. Pure: what is there, what is wanted and the clock decide.
// Spec: BuildKit's cache/manager.go (calculateKeepBytes, prune), with one difference: what the names of images hold
// counts too, so that the limits are limits of the store.
import { matches, type PruneFilters } from './filters.js';
import { totalBytes, type Item, type StoreContents } from './item.js';

/** Bytes. */
export interface PruneLimits {
  readonly maxUsedBytes?: number | undefined;
  /** Is kept whatever the other two say. */
  readonly reservedBytes?: number | undefined;
  readonly minFreeBytes?: number | undefined;
}

export interface Disk {
  readonly totalBytes: number;
  readonly freeBytes: number;
}

export interface PruneWish {
  /** False: only what is dangling, unless limits or filters say which. */
  readonly isAll: boolean;
  readonly filters: PruneFilters;
  readonly limits: PruneLimits;
}

/** How many bytes of `used` stay; undefined without limits. */
export function bytesToKeep(
  { maxUsedBytes, reservedBytes, minFreeBytes }: PruneLimits,
  used: number,
  { freeBytes }: Disk,
): number | undefined {
  if (maxUsedBytes === undefined && reservedBytes === undefined && minFreeBytes === undefined)
    return undefined;
  const lacking = Math.max(0, (minFreeBytes ?? 0) - freeBytes);
  // Only a floor: everything above it goes.
  const isFloorAlone = maxUsedBytes === undefined && minFreeBytes === undefined;
  const allowed = isFloorAlone
    ? 0
    : Math.min(maxUsedBytes ?? Infinity, lacking > 0 ? used - lacking : Infinity);
  return Math.max(allowed, reservedBytes ?? 0);
}

/** Least recently used first; of what was used at the same time, what is made again most easily. */
const EASE: readonly Item['class'][] = ['other', 'trees', 'compressed', 'downloads', 'bases', 'build-cache'];

export function byLastUse(a: Item, b: Item): number {
  const ease = (item: Item): number => (EASE.includes(item.class) ? EASE.indexOf(item.class) : EASE.length);
  return a.lastUsed - b.lastUsed || ease(a) - ease(b) || b.bytes - a.bytes || (a.id < b.id ? -1 : 1);
}

/**
 * In the order in which they are to be deleted, each with what goes with it: an item that is not dangling, or does not
 * match, goes when the one it belongs to goes.
 * @param isUsed whether a running build uses it
 */
export function chooseItems(
  contents: Pick<StoreContents, 'items' | 'fixedBytes'>,
  wish: PruneWish,
  disk: Disk,
  { now, isUsed }: { readonly now: number; readonly isUsed: (item: Item) => boolean },
): Item[] {
  const { filters, limits } = wish;
  const keep = bytesToKeep(limits, totalBytes(contents), disk);
  const isEach = wish.isAll || keep !== undefined || filters.length > 0;
  const withIt = dependents(contents.items);
  const areFree = (item: Item): boolean => ![item, ...withIt(item)].some(isUsed);
  const candidates = contents.items
    .filter((item) => (isEach || item.isDangling) && matches(item, filters, now) && areFree(item))
    .sort(byLastUse);
  const chosen = new Set<Item>();
  let left = totalBytes(contents);
  for (const item of candidates) {
    if (keep !== undefined && left <= keep) break;
    for (const each of [...withIt(item), item]) {
      if (chosen.has(each)) continue;
      chosen.add(each);
      left -= each.bytes;
    }
  }
  return [...chosen];
}

/** What is of no use without an item, the last first. */
function dependents(items: readonly Item[]): (item: Item) => Item[] {
  const byOwner = new Map<string, Item[]>();
  for (const item of items)
    for (const owner of item.of ?? []) byOwner.set(owner, [...(byOwner.get(owner) ?? []), item]);
  const of = (item: Item, seen: Set<Item>): Item[] =>
    (byOwner.get(item.id) ?? []).flatMap((each) => {
      if (seen.has(each)) return [];
      seen.add(each);
      return [...of(each, seen), each];
    });
  return (item) => of(item, new Set([item]));
}
