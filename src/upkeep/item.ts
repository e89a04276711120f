// What the store holds, as plain data: the classes that `du` tells apart, and the items that can be deleted.
import type { Used } from '../store/leases/lease.js';

/** In the order in which they are shown. */
export const STORE_CLASSES = [
  'images',
  'build-cache',
  'cache-mounts',
  'bases',
  'compressed',
  'trees',
  'containers',
  'volumes',
  'downloads',
  'other',
] as const;

/**
 * `images`: what the names of images hold. `build-cache`: what steps gave. `cache-mounts`: RUN --mount=type=cache.
 * `bases`: images that builds began from. `compressed`: compressed forms of layers made here. `trees`: unpacked layers.
 * `containers`: what containers changed, and their logs. `volumes`: their volumes. `downloads`: contents of URLs.
 * `other`: notes of the builder, and blobs that nothing refers to.
 */
export type StoreClass = (typeof STORE_CLASSES)[number];

/** Something that is deleted as a whole or stays as a whole. */
export interface Item {
  /** Unique in the store: `build-cache:<hex>`. */
  readonly id: string;
  readonly class: StoreClass;
  readonly bytes: number;
  /** Seconds since the epoch. */
  readonly lastUsed: number;
  /** What it is, for people. */
  readonly description: string;
  /** Neither a name nor the last build of any place refers to it. */
  readonly isDangling: boolean;
  /** A running build that says one of these keeps it (store/leases/). */
  readonly uses: readonly Used[];
  /** A container needs it, or it runs. */
  readonly isHeld?: true;
  /** Ids of items without which it is of no use: it goes with the first of them. */
  readonly of?: readonly string[];
  /** How it is deleted. `files`: in this order, so that what is half deleted counts as absent. */
  readonly place:
    | { readonly kind: 'files'; readonly paths: readonly string[] }
    /** A folder whose files may belong to subordinate ids. */
    | { readonly kind: 'tree'; readonly path: string }
    /** The same, with a lock beside it: rootfs/cache-directory.ts. */
    | { readonly kind: 'mount'; readonly path: string; readonly lock: string }
    /** By commands of its own: `container prune`, `volume prune`. */
    | { readonly kind: 'apart' };
}

/** The part of an image that it alone has, and the part that others hold too. */
export interface ImageUsage {
  readonly name: string;
  readonly uniqueBytes: number;
  readonly sharedBytes: number;
}

export interface StoreContents {
  readonly items: readonly Item[];
  /** Bytes that are in no item, by class: what names of images hold, and files that are never deleted one by one. */
  readonly fixedBytes: Readonly<Record<StoreClass, number>>;
  readonly images: readonly ImageUsage[];
  /** Folders that this user cannot look into: bytes of theirs are missing. */
  readonly unreadable: readonly string[];
}

export function totalBytes({ items, fixedBytes }: Pick<StoreContents, 'items' | 'fixedBytes'>): number {
  const fixed = STORE_CLASSES.reduce((sum, each) => sum + fixedBytes[each], 0);
  return items.reduce((sum, { bytes }) => sum + bytes, fixed);
}

export function noBytes(): Record<StoreClass, number> {
  return Object.fromEntries(STORE_CLASSES.map((each) => [each, 0])) as Record<StoreClass, number>;
}
