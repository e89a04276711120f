// What an image holds, computed in the plainest way: a table of paths that each layer changes.
import { compareBytes } from '../../../src/core/bytes.js';
import type { LayerEntry } from '../../../src/layer/entry.js';

interface Content {
  readonly size: number;
  readonly layer: number;
}

interface Thing {
  readonly isDirectory: boolean;
  readonly content?: Content;
}

export interface NaiveContents {
  readonly size: number;
  readonly files: number;
  readonly wastedBytes: number;
  /** Layer that wrote and layer that took the last name, and bytes. */
  readonly wasted: readonly string[];
  readonly layers: readonly {
    readonly added: number;
    readonly changed: number;
    readonly deleted: number;
    readonly bytesAdded: number;
  }[];
  /** Path and bytes of each directory. */
  readonly directories: ReadonlyMap<string, number>;
}

type Table = Map<string, Thing>;

function removeBelow(table: Table, path: string): void {
  for (const each of table.keys())
    if (path === '' ? each !== '' : each.startsWith(`${path}/`)) table.delete(each);
}

function place(table: Table, path: string, thing: Thing): void {
  const parts = path.split('/');
  for (let length = 1; length < parts.length; length++) {
    const parent = parts.slice(0, length).join('/');
    if (table.get(parent)?.isDirectory) continue;
    table.set(parent, { isDirectory: true });
  }
  if (!thing.isDirectory) removeBelow(table, path);
  table.set(path, thing);
}

/** @param index hard links of it stand behind their targets, or point to a layer below */
function applied(lower: Table, index: readonly LayerEntry[], layer: number): Table {
  const table = new Map(lower);
  for (const { kind, path } of index) {
    if (kind === 'whiteout') {
      if (path !== '') table.delete(path);
      removeBelow(table, path);
    }
    if (kind === 'opaque' && (path === '' || table.get(path)?.isDirectory)) removeBelow(table, path);
  }
  for (const entry of index) {
    if (entry.kind !== 'node' || entry.path === '') continue;
    const { type, size, content } = entry.node;
    place(table, entry.path, { isDirectory: type === 'dir', ...(content && { content: { size, layer } }) });
  }
  for (const entry of index) {
    if (entry.kind !== 'hardlink') continue;
    const own = table.get(entry.target);
    const target = own && !own.isDirectory ? own : lower.get(entry.target);
    if (!target || target.isDirectory) continue;
    // What has no content is told by its object, and a further name makes it another one.
    const linked = target.content || own !== lower.get(entry.target) ? target : { ...target };
    if (own && !own.isDirectory) table.set(entry.target, linked);
    place(table, entry.path, linked);
  }
  return table;
}

function contentsIn(table: Table): Set<Content> {
  return new Set([...table.values()].flatMap(({ content }) => content ?? []));
}

function sum(contents: Iterable<Content>): number {
  let total = 0;
  for (const { size } of contents) total += size;
  return total;
}

function countsOf(lower: Table, upper: Table) {
  const counts = { added: 0, changed: 0, deleted: 0 };
  for (const path of new Set([...lower.keys(), ...upper.keys()])) {
    const [before, after] = [lower.get(path), upper.get(path)];
    if ((after ?? before)!.isDirectory) continue;
    if (!before) counts.added++;
    else if (!after) counts.deleted++;
    else if (before !== after) counts.changed++;
  }
  return counts;
}

export function naiveContents(indexes: readonly (readonly LayerEntry[])[]): NaiveContents {
  let table: Table = new Map();
  const layers: NaiveContents['layers'][number][] = [];
  const wasted: string[] = [];
  let wastedBytes = 0;
  for (const [layer, index] of indexes.entries()) {
    const upper = applied(table, index, layer);
    const [before, after] = [contentsIn(table), contentsIn(upper)];
    const fresh = [...after].filter((content) => content.layer === layer);
    layers.push({ ...countsOf(table, upper), bytesAdded: sum(fresh) });
    for (const lost of before) {
      if (after.has(lost) || lost.size === 0) continue;
      wasted.push(`${lost.layer} ${layer} ${lost.size}`);
      wastedBytes += lost.size;
    }
    table = upper;
  }
  const directories = new Map<string, number>();
  for (const path of ['', ...[...table].flatMap(([each, { isDirectory }]) => (isDirectory ? [each] : []))])
    directories.set(path, sizeBelow(table, path));
  return {
    size: sum(contentsIn(table)),
    files: [...table.values()].filter(({ isDirectory }) => !isDirectory).length,
    wasted: wasted.sort(),
    wastedBytes,
    layers,
    directories,
  };
}

/** A content counts at the first of its names. */
function sizeBelow(table: Table, directory: string): number {
  const seen = new Set<Content>();
  let size = 0;
  const inOrder = [...table].sort(([a], [b]) => comparePaths(a, b));
  for (const [path, { content }] of inOrder) {
    if (!content || seen.has(content)) continue;
    seen.add(content);
    if (directory === '' || path.startsWith(`${directory}/`)) size += content.size;
  }
  return size;
}

function comparePaths(a: string, b: string): number {
  const [left, right] = [a.split('/'), b.split('/')];
  for (let i = 0; ; i++) {
    if (left[i] === undefined || right[i] === undefined) return left.length - right.length;
    const order = compareBytes(left[i]!, right[i]!);
    if (order !== 0) return order;
  }
}
