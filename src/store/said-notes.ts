// Which notes on this machine builds of this store have shown already: the same words are not said with every build.
// Invariant: what cannot be remembered is said.
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../core/digest.js';
import { errnoWords } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { writeUnsynced } from './durable-write.js';
import type { StorePaths } from './store-paths.js';

/** Digests that are kept, the latest last. */
const MOST = 64;

/** True for the first time. */
export function isNewNote(paths: Pick<StorePaths, 'root' | 'tmp'>, message: string): boolean {
  const file = join(paths.root, 'said');
  const digest = digestOf(message);
  const said = readSaid(file);
  if (said.includes(digest)) return false;
  try {
    writeUnsynced(file, [...said, digest].slice(-MOST).join('\n'), paths.tmp);
  } catch (error) {
    // Whoever cannot write the store is told so by what must be written.
    if (!(error instanceof TsbuildError) && errnoWords(error) === undefined) throw error;
  }
  return true;
}

function readSaid(file: string): string[] {
  try {
    return readFileSync(file, 'utf8').split('\n');
  } catch {
    // Nothing was said yet, or it cannot be read.
    return [];
  }
}
