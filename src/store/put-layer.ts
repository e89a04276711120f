// A finished layer gets its name: index first, blob last, so that a blob that is there has its index. Nothing is synced here; the record
// that names the layer counts for this boot only, until it is (cache/step-records.ts).
// Invariant: a file of the right size is left alone, since it may be on the disk already and named by a durable record.
import { rmSync, statSync } from 'node:fs';
import type { DiffId } from '../core/digest.js';
import type { IndexText } from '../layer/index-codec.js';
import { commitFile, writeUnsynced } from './durable-write.js';
import type { StorePaths } from './store-paths.js';

export interface FinishedLayer {
  readonly diffId: DiffId;
  /** Bytes of the uncompressed tar. */
  readonly size: number;
  /** The text form of the index. */
  readonly indexText: IndexText;
  /** The tar, in tmp/; gone afterwards. */
  readonly temporary: string;
}

/** @throws TsbuildError STORE_FULL | STORE_UNWRITABLE */
export function putLayer(paths: StorePaths, { diffId, size, indexText, temporary }: FinishedLayer): void {
  const bytes = indexText.reduce((sum, piece) => sum + piece.length, 0);
  if (sizeOf(paths.index(diffId)) !== bytes) writeUnsynced(paths.index(diffId), indexText, paths.tmp);
  if (sizeOf(paths.blob(diffId)) === size) rmSync(temporary);
  else commitFile(temporary, paths.blob(diffId));
}

function sizeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.size;
}
