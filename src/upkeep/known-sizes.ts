// Sizes of trees and cache mounts that were measured before, by inode and change time: looking at each of their files
// takes long. A tree never changes; a cache mount that was used since is measured again.
import { mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../core/errno.js';
import { writeUnsynced } from '../store/durable-write.js';
import type { StorePaths } from '../store/store-paths.js';

export interface KnownSizes {
  /** Undefined when it is not known under that stamp. */
  get(path: string, stamp: string): number | undefined;
  set(path: string, stamp: string, bytes: number): void;
  /** Keeps those that were asked for or set. @throws TsbuildError STORE_FULL, STORE_UNWRITABLE */
  save(): void;
}

type Row = readonly [stamp: string, bytes: number];

/** Nothing is known, and nothing kept. */
export function noSizes(): KnownSizes {
  return { get: () => undefined, set: () => undefined, save: () => undefined };
}

export function openSizes({ local, tmp }: Pick<StorePaths, 'local' | 'tmp'>): KnownSizes {
  const file = join(local, 'sizes.json');
  const before = readRows(file);
  const kept = new Map<string, Row>();
  return {
    get(path, stamp) {
      const row = kept.get(path) ?? before.get(path);
      if (row?.[0] !== stamp) return undefined;
      kept.set(path, row);
      return row[1];
    },
    set: (path, stamp, bytes) => void kept.set(path, [stamp, bytes]),
    save() {
      mkdirSync(local, { recursive: true, mode: 0o700 });
      writeUnsynced(file, JSON.stringify(Object.fromEntries(kept)), tmp);
    },
  };
}

/** What cannot be read is measured again. */
function readRows(file: string): Map<string, Row> {
  try {
    const rows = Object.entries(JSON.parse(readFileSync(file, 'utf8')) as Record<string, unknown>);
    return new Map(rows.filter((row): row is [string, Row] => isRow(row[1])));
  } catch (error) {
    if (error instanceof SyntaxError || errnoOf(error) === 'ENOENT') return new Map();
    throw error;
  }
}

function isRow(row: unknown): row is Row {
  return Array.isArray(row) && typeof row[0] === 'string' && typeof row[1] === 'number';
}
