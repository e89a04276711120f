// A lock without the kernel's help: a file that only one process can make. It is not freed when its holder is killed,
// and never taken for abandoned: what looks abandoned may be a build that is slow.
import { closeSync, openSync, rmSync } from 'node:fs';
import { storeWriteError } from './durable-write.js';

/** One attempt after another, without waiting in between. */
export interface FileLock {
  /** False when another process holds it. */
  tryTake(): boolean;
  /** After it was taken, or given up. */
  release(): void;
  /** How its holder is found when it is held for too long. */
  readonly hint: string;
}

/** Held while `<path>.held` exists. @throws TsbuildError STORE_UNWRITABLE, STORE_FULL, when taken */
export function exclusiveFile(path: string): FileLock {
  const held = `${path}.held`;
  let isMine = false;
  return {
    hint: `when no build is running, one was killed while it held the lock: rm ${held}`,
    tryTake() {
      try {
        closeSync(openSync(held, 'wx', 0o644));
        return (isMine = true);
      } catch (error) {
        if ((error as NodeJS.ErrnoException).code === 'EEXIST') return false;
        throw storeWriteError(error, held);
      }
    },
    release() {
      if (isMine) rmSync(held);
      isMine = false;
    },
  };
}
