// What of the store turned out to be damaged. It is deleted at once, so that whoever asks next fetches it or makes it
// again.
import { rmSync } from 'node:fs';
import { TsbuildError } from '../core/errors.js';
import { storeWriteError } from './durable-write.js';

export interface Damage {
  /**
   * Deletes the file.
   * @param what as in a sentence: `the layer sha256:…`
   * @returns the error to be thrown.
   * @throws STORE_UNWRITABLE
   */
  discard(path: string, what: string, cause?: unknown): TsbuildError;
  /** What was deleted, in words. */
  readonly found: readonly string[];
}

/** For what is put there again at once. @throws TsbuildError STORE_UNWRITABLE */
export function removeDamaged(path: string): void {
  try {
    rmSync(path, { force: true });
  } catch (error) {
    throw storeWriteError(error, path);
  }
}

/** For whoever has the store open. */
export function createDamage(): Damage {
  const found: string[] = [];
  return {
    found,
    discard(path, what, cause) {
      removeDamaged(path);
      found.push(what);
      return new TsbuildError('STORE_CORRUPT', `${what} was damaged in the store, and was deleted`, {
        hint: 'run the build again: it is fetched or made anew',
        cause,
      });
    },
  };
}
