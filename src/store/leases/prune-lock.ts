// The lock under which things of the store are deleted: a file that exists only while that goes on, and that is locked
// by flock(2). Builds look for the file with every thing that they begin to use (lease.ts), so that they need no lock
// while nothing is deleted. A deletion runs without a pause: nothing in this process can wait for it in vain.
import { closeSync, openSync, rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../../core/errors.js';
import { bindFlock, LOCK_EX, LOCK_NB, type Flock } from '../../host/flock.js';
import { loadKoffi } from '../../host/load-koffi.js';
import { storeWriteError } from '../durable-write.js';
import { isFileAt } from './is-file-at.js';

const POLL_MS = 5;

/**
 * Runs `work`, which is to be short, while no build begins to use a thing.
 * @throws what `work` throws; TsbuildError STORE_NO_LOCKS, STORE_UNWRITABLE, STORE_FULL, ABORTED
 */
export async function withPruneLock<T>(path: string, signal: AbortSignal, work: () => T): Promise<T> {
  const flock = await requireFlock();
  for (;;) {
    const fd = openForPrune(path);
    try {
      if (flock(fd, LOCK_EX | LOCK_NB) === 'taken' && isFileAt(path, fd)) {
        try {
          return work();
        } finally {
          rmSync(path, { force: true });
        }
      }
    } finally {
      closeSync(fd);
    }
    if (signal.aborted)
      throw new TsbuildError('ABORTED', 'interrupted while waiting for the store', { cause: signal.reason });
    await sleep(POLL_MS);
  }
}

/** @throws TsbuildError STORE_NO_LOCKS */
export async function requireFlock(): Promise<Flock> {
  try {
    return bindFlock(await loadKoffi());
  } catch (cause) {
    throw new TsbuildError(
      'STORE_NO_LOCKS',
      'nothing can be deleted without locks, for which the package koffi is missing',
      { hint: 'install tsbuild with its optional packages: npm install --include=optional', cause },
    );
  }
}

function openForPrune(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw storeWriteError(error, path);
  }
}
