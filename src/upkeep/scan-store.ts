// Looks at all that the store holds and tells what it is. Reads names and sizes, and the small documents that refer to
// blobs; never a layer.
import { lstatSync } from 'node:fs';
import { basename, dirname } from 'node:path';
import type { LastUses } from '../store/leases/running-leases.js';
import type { StorePaths } from '../store/store-paths.js';
import { blobItems } from './blob-items.js';
import { containerItems } from './container-items.js';
import { imageUsages } from './image-usages.js';
import type { Item, StoreContents } from './item.js';
import type { KnownSizes } from './known-sizes.js';
import { mountItems, treeItems, type LocalScan } from './local-items.js';
import { createMeasure, type Measure } from './measure.js';
import { filesIn, readReferences, type References } from './references.js';

export interface ScanOptions extends Pick<LocalScan, 'below'> {
  /** Without a lease, so that looking is no use: `storePaths`. */
  readonly paths: StorePaths;
  readonly uses: LastUses;
  readonly signal: AbortSignal;
  readonly sizes: KnownSizes;
}

/** @throws TsbuildError STORE_CORRUPT, ABORTED */
export async function scanStore({ paths, uses, signal, sizes, below }: ScanOptions): Promise<StoreContents> {
  const measure = createMeasure(signal);
  const references = readReferences(paths);
  const blobs = blobItems({ paths, references, uses, measure });
  const local = { paths, uses, measure, sizes, below };
  const items = [
    ...blobs.items,
    ...(await treeItems(local, references, blobs.sizes)),
    ...(await mountItems(local)),
    ...(await containerItems(paths, measure)),
    ...baseItems(references, measure),
    ...fileItems(paths, measure),
  ];
  // What is left: folders, locks, notes, work in progress.
  const rest = measure.file(dirname(paths.root)) + (await measure.folder(paths.root));
  const restOfLocal = measure.file(dirname(paths.local)) + (await measure.folder(paths.local));
  const fixedBytes = { ...blobs.fixedBytes, other: blobs.fixedBytes.other + rest + restOfLocal };
  return { items, fixedBytes, images: imageUsages(references, blobs.sizes), unreadable: measure.unreadable };
}

/** What tags pointed to. Without it a tag is resolved again; its manifest and layers are items of their own. */
function baseItems({ bases }: References, measure: Measure): Item[] {
  return bases.map(({ name, path, blobs }) => ({
    ...noteAt(path, measure, 'bases'),
    description: name,
    uses: [...blobs],
  }));
}

/** Contents of URLs, and small files that make builds faster; a running build may lose them at any time. */
function fileItems({ downloads, last, selections, stat }: StorePaths, measure: Measure): Item[] {
  const notes = [last, selections, stat].flatMap(filesIn);
  return [
    ...filesIn(downloads).map((path) => ({
      ...noteAt(path, measure, 'downloads'),
      description: path.endsWith('.json') ? 'what a server said of a URL' : 'content of a URL',
    })),
    ...notes.map((path) => noteAt(path, measure, 'other')),
  ];
}

function noteAt(path: string, measure: Measure, itsClass: Item['class']): Item {
  return {
    id: `${itsClass}:${basename(dirname(path))}/${basename(path)}`,
    class: itsClass,
    bytes: measure.file(path),
    lastUsed: (lstatSync(path, { throwIfNoEntry: false })?.mtimeMs ?? 0) / 1000,
    description: 'a note that makes builds faster',
    isDangling: false,
    uses: [],
    place: { kind: 'files', paths: [path] },
  };
}
