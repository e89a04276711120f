// Unpacked layers and cache mounts as items.
import { lstatSync, readFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { errnoOf } from '../core/errno.js';
import type { LastUses } from '../store/leases/running-leases.js';
import type { StorePaths } from '../store/store-paths.js';
import type { Item } from './item.js';
import type { KnownSizes } from './known-sizes.js';
import type { Measure } from './measure.js';
import { filesIn, type References } from './references.js';

/** Per kind of ownership (rootfs/scheme-paths.ts). */
const SCHEMES = ['', '-recorded', '-plain'] as const;

export interface LocalScan {
  readonly paths: StorePaths;
  readonly uses: LastUses;
  readonly measure: Measure;
  readonly sizes: KnownSizes;
  /** Hex of the diff id that the tree at this path lies over (rootfs/tree-marks.ts). */
  below(tree: string): string | undefined;
}

export function localFolders({ local }: Pick<StorePaths, 'local'>, kind: 'trees' | 'mounts'): string[] {
  return SCHEMES.map((scheme) => join(local, `${kind}${scheme}`));
}

/** @param tars bytes of the layers in the store, by hex */
export async function treeItems(
  scan: LocalScan,
  { records, images, containers, bases }: References,
  tars: ReadonlyMap<string, number>,
): Promise<Item[]> {
  const steps = new Map(records.map(({ diffId, description }) => [diffId, description]));
  const named = new Map(
    [...bases, ...images, ...containers].flatMap(({ name, diffIds }) =>
      [...diffIds].map((hex) => [hex, name]),
    ),
  );
  const items: Item[] = [];
  for (const folder of localFolders(scan.paths, 'trees')) {
    for (const path of filesIn(folder).filter((each) => /\/[0-9a-f]{64}$/.test(each))) {
      const hex = basename(path);
      const over = scan.below(path);
      const description =
        steps.get(hex) ?? (named.has(hex) ? `of ${named.get(hex)}` : 'of a layer that is gone');
      items.push({
        id: `trees:${hex}${folderMark(folder)}`,
        class: 'trees',
        bytes: await sizeOf(scan, path, tars.get(hex)),
        lastUsed: Math.max(scan.uses.get(`t${hex}`) ?? 0, changed(path)),
        description,
        isDangling: !steps.has(hex) && !named.has(hex),
        uses: [`t${hex}`],
        of: [`build-cache:${hex}`, ...(over === undefined ? [] : [`trees:${over}${folderMark(folder)}`])],
        place: { kind: 'tree', path },
      });
    }
  }
  return heldByContainers(items, containers);
}

/** A container needs the trees of its layers, and those that these lie over. */
function heldByContainers(items: readonly Item[], containers: References['containers']): Item[] {
  const byId = new Map(items.map((item) => [item.id, item]));
  const layers = new Set(containers.flatMap(({ diffIds }) => [...diffIds]));
  const held = new Set<Item>();
  const todo = items.filter(({ uses: [use = ''] }) => layers.has(use.slice(1)));
  for (let next = todo.pop(); next; next = todo.pop()) {
    if (held.has(next)) continue;
    held.add(next);
    for (const id of next.of ?? []) {
      const over = id.startsWith('trees:') ? byId.get(id) : undefined;
      if (over) todo.push(over);
    }
  }
  return items.map((item) => (held.has(item) ? { ...item, isHeld: true } : item));
}

/** Trees of one layer for two kinds of ownership are two items. */
function folderMark(folder: string): string {
  const name = basename(folder);
  return name === 'trees' ? '' : name.slice('trees'.length);
}

export async function mountItems(scan: LocalScan): Promise<Item[]> {
  const items: Item[] = [];
  for (const folder of localFolders(scan.paths, 'mounts'))
    for (const base of filesIn(folder))
      for (const path of filesIn(base).filter((each) => /\/\d+$/.test(each))) {
        const lock = `${path}.lock`;
        items.push({
          id: `cache-mounts:${basename(base).slice(0, 12)}-${basename(path)}`,
          class: 'cache-mounts',
          bytes: await sizeOf(scan, path),
          lastUsed: Math.max(changed(path), touched(lock)),
          description: idOf(base) ?? 'a cache mount',
          isDangling: false,
          uses: [],
          place: { kind: 'mount', path, lock },
        });
      }
  return items;
}

/** @param about what it is at least, where folders of other ids cannot be looked into */
async function sizeOf({ sizes, measure }: LocalScan, path: string, about = 0): Promise<number> {
  const { ino = 0, ctimeMs = 0 } = lstatSync(path, { throwIfNoEntry: false }) ?? {};
  const stamp = `${ino} ${ctimeMs} ${touched(`${path}.lock`)}`;
  const known = sizes.get(path, stamp);
  if (known !== undefined) {
    measure.skip(path);
    return known;
  }
  const before = measure.unreadable.length;
  const bytes = await measure.folder(path);
  if (measure.unreadable.length > before) return Math.max(bytes, about);
  sizes.set(path, stamp, bytes);
  return bytes;
}

/** Characters. */
const MOST_OF_ID = 200;

/** The id of a cache mount, as rootfs/cache-directory.ts notes it. */
function idOf(base: string): string | undefined {
  try {
    const id = readFileSync(join(base, 'id'), 'utf8').slice(0, MOST_OF_ID);
    // Namespace and id, and how the mount begins (builder/steps/mounts.ts).
    const [, namespace = '', name = id] = /^\["([^"]*)","([^"]*)"/.exec(id) ?? [];
    return namespace === '' ? `id ${name}` : `id ${name} of ${namespace}`;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function changed(path: string): number {
  return (lstatSync(path, { throwIfNoEntry: false })?.ctimeMs ?? 0) / 1000;
}

function touched(path: string): number {
  return (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) / 1000;
}
