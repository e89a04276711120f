// The blobs of the store as items, each with its index, the records of the step that made it, or what is remembered of
// its compression.
import { lstatSync } from 'node:fs';
import { basename, join } from 'node:path';
import type { LastUses } from '../store/leases/running-leases.js';
import type { StorePaths } from '../store/store-paths.js';
import { blobUses, type BlobUse } from './classify-blobs.js';
import { noBytes, type Item, type StoreClass } from './item.js';
import type { Measure } from './measure.js';
import { filesIn, type FormFile, type References } from './references.js';

export interface BlobScan {
  readonly paths: StorePaths;
  readonly references: References;
  readonly uses: LastUses;
  readonly measure: Measure;
}

export interface BlobItems {
  readonly items: readonly Item[];
  /** Of what names hold: no item of it can be deleted. */
  readonly fixedBytes: Readonly<Record<StoreClass, number>>;
  /** Bytes of each blob, by hex. */
  readonly sizes: ReadonlyMap<string, number>;
}

/** What lies in the store under one digest. */
interface Stored {
  /** In the order in which it is to be deleted. */
  readonly indexes: string[];
  blob?: string;
  /** When the first of it was written; seconds. */
  mtime: number;
}

export function blobItems(scan: BlobScan): BlobItems {
  const { references, measure, uses } = scan;
  const useOf = blobUses(references);
  const recordsOf = grouped(references.records, ({ diffId }) => diffId);
  const formsOf = grouped(references.forms, ({ blob }) => blob);
  const items: Item[] = [];
  const fixedBytes = noBytes();
  const sizes = new Map<string, number>();
  for (const [hex, { indexes, blob, mtime }] of storedThings(scan.paths)) {
    const use = useOf(hex);
    const blobBytes = blob === undefined ? 0 : measure.file(blob);
    if (blob !== undefined) sizes.set(hex, blobBytes);
    const records = recordsOf.get(hex) ?? [];
    const recordBytes = records.reduce((sum, { path }) => sum + measure.file(path), 0);
    const indexBytes = indexes.reduce((sum, path) => sum + measure.file(path), 0);
    if (use.class === 'images') {
      fixedBytes.images += blobBytes + indexBytes;
      fixedBytes['build-cache'] += recordBytes;
      continue;
    }
    const forms = formsOf.get(hex) ?? [];
    const formBytes = forms.reduce((sum, { path }) => sum + measure.file(path), 0);
    const isLast = records.some(({ key }) => references.lastKeys.has(key));
    items.push({
      id: `${use.class}:${hex}`,
      class: use.class,
      bytes: blobBytes + indexBytes + recordBytes + formBytes,
      lastUsed: Math.max(uses.get(hex) ?? 0, mtime, ...records.map((record) => record.mtime)),
      description: use.description,
      isDangling: isDangling(use, isLast),
      uses: [hex],
      ...ownerOf(use, forms, references),
      place: {
        kind: 'files',
        paths: [
          ...records.map(({ path }) => path),
          ...forms.map(({ path }) => path),
          ...indexes,
          ...(blob === undefined ? [] : [blob]),
        ],
      },
    });
  }
  return { items: [...items, ...lostRecords(scan, items)], fixedBytes, sizes };
}

function isDangling(use: BlobUse, isLast: boolean): boolean {
  return use.class === 'other' || (use.class === 'build-cache' && !isLast);
}

/** A compressed form is of no use without its layer. */
function ownerOf(use: BlobUse, forms: readonly FormFile[], { records }: References): Pick<Item, 'of'> {
  const [form] = forms;
  if (use.class !== 'compressed' || !form) return {};
  return records.some(({ diffId }) => diffId === form.diffId) ? { of: [`build-cache:${form.diffId}`] } : {};
}

/** Records, and notes on compressed forms, whose blob is gone. */
function lostRecords({ references: { records, forms }, measure }: BlobScan, items: readonly Item[]): Item[] {
  const known = new Set(items.flatMap(({ place }) => (place.kind === 'files' ? place.paths : [])));
  return [...records, ...forms]
    .filter(({ path }) => !known.has(path))
    .flatMap(({ path, diffId }) => {
      const bytes = measure.file(path);
      // Counted already: it is of a layer that a name holds.
      if (bytes === 0) return [];
      return [
        {
          id: `other:${basename(path)}`,
          class: 'other',
          bytes,
          lastUsed: mtimeOf(path),
          description: 'a note on a layer that is gone',
          isDangling: true,
          uses: [diffId],
          place: { kind: 'files', paths: [path] },
        } satisfies Item,
      ];
    });
}

const HEX = /^([0-9a-f]{64})(?:\.json|-\d+)?$/;

function storedThings({ oci, root }: StorePaths): Map<string, Stored> {
  const things = new Map<string, Stored>();
  const add = (path: string, isBlob: boolean): void => {
    const hex = HEX.exec(basename(path))?.[1];
    if (hex === undefined) return;
    const thing = things.get(hex) ?? { indexes: [], mtime: 0 };
    things.set(hex, thing);
    if (isBlob) thing.blob = path;
    else thing.indexes.push(path);
    thing.mtime = Math.max(thing.mtime, mtimeOf(path));
  };
  for (const path of filesIn(join(root, 'index'))) add(path, false);
  for (const path of filesIn(join(oci, 'blobs', 'sha256'))) add(path, true);
  return things;
}

function mtimeOf(path: string): number {
  return (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) / 1000;
}

function grouped<T>(values: readonly T[], keyOf: (value: T) => string): Map<string, T[]> {
  const groups = new Map<string, T[]>();
  for (const value of values) {
    const group = groups.get(keyOf(value));
    if (group) group.push(value);
    else groups.set(keyOf(value), [value]);
  }
  return groups;
}
