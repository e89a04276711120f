// The lock under which things of the store are deleted: a file that exists only while that goes on, and that is locked
// by flock(2). Builds look for the file with every thing that they begin to use (lease.ts), so that they need no lock
// while nothing is deleted. A deletion runs without a pause: nothing in this process can wait for it in vain.
import { closeSync, existsSync, fstatSync, openSync, rmSync, statSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { errnoOf } from '../../core/errno.js';
import { TsbuildError } from '../../core/errors.js';
import { bindFlock, LOCK_EX, LOCK_NB, LOCK_SH, type Flock } from '../../host/flock.js';
import { loadBinary, loadKoffi } from '../../host/load-koffi.js';
import { storeWriteError } from '../durable-write.js';

const POLL_MS = 5;

/** Where locks cannot be reached; deletions are short. */
const LONGEST_MS = 10_000;

/** Waits until a deletion that goes on is over. What its process left when it was killed is removed. */
export function waitForPrune(path: string): void {
  if (!existsSync(path)) return;
  const koffi = loadBinary();
  if (koffi) waitLocked(path, bindFlock(koffi));
  else waitUntilGone(path);
}

/** One wait is enough: a later deletion reads what was written before the wait. */
function waitLocked(path: string, flock: Flock): void {
  const fd = openIfThere(path);
  if (fd === undefined) return;
  try {
    // Its holder is dead when the file is still there; or has yet to lock it, and then makes another file.
    if (flock(fd, LOCK_SH) === 'taken' && isAt(path, fd)) rmSync(path, { force: true });
  } finally {
    closeSync(fd);
  }
}

function waitUntilGone(path: string): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; existsSync(path) && waited < LONGEST_MS; waited += POLL_MS)
    Atomics.wait(cell, 0, 0, POLL_MS);
}

/**
 * Runs `work`, which is to be short, while no build begins to use a thing.
 * @throws what `work` throws; TsbuildError STORE_NO_LOCKS, STORE_UNWRITABLE, STORE_FULL, ABORTED
 */
export async function withPruneLock<T>(path: string, signal: AbortSignal, work: () => T): Promise<T> {
  const flock = await requireFlock();
  for (;;) {
    const fd = openForPrune(path);
    try {
      if (flock(fd, LOCK_EX | LOCK_NB) === 'taken' && isAt(path, fd)) {
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

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

function isAt(path: string, fd: number): boolean {
  return statSync(path, { throwIfNoEntry: false })?.ino === fstatSync(fd).ino;
}
