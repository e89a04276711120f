// What steps gave: one small JSON file per key. A record is valid or absent: it is written last, in one step, and names a layer
// whose blob and index lie in the store already.
import { readFileSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { isDigest, type DiffId } from '../core/digest.js';
import { writeDurably } from '../store/durable-write.js';
import type { StorePaths } from '../store/store-paths.js';
import type { KeyInputs, StepKey } from './step-key.js';

export interface StepRecord {
  readonly diffId: DiffId;
  /** Bytes of the uncompressed layer. */
  readonly size: number;
  /** RFC 3339. */
  readonly created: string;
  readonly inputs: KeyInputs;
}

function pathOf(paths: StorePaths, key: StepKey): string {
  return join(paths.cache, key.slice(0, 2), `${key}.json`);
}

/** Undefined when there is no record, or none that can be read: a damaged record is a miss. */
export function readRecord(paths: StorePaths, key: StepKey): StepRecord | undefined {
  try {
    const record = JSON.parse(readFileSync(pathOf(paths, key), 'utf8')) as StepRecord | null;
    return record &&
      isDigest(record.diffId) &&
      typeof record.size === 'number' &&
      typeof record.created === 'string'
      ? record
      : undefined;
  } catch (error) {
    if (error instanceof SyntaxError || (error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
}

/** Forgets what a step gave, when there was anything. */
export function removeRecord(paths: StorePaths, key: StepKey): void {
  rmSync(pathOf(paths, key), { force: true });
}

export function putRecord(paths: StorePaths, key: StepKey, record: StepRecord): void {
  writeDurably(pathOf(paths, key), JSON.stringify(record), paths.tmp);
}
