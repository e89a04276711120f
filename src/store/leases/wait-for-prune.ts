// The wait of a build for a deletion that goes on (prune-lock.ts). Builds of hits load it, so it needs next to nothing.
import { closeSync, existsSync, openSync, rmSync } from 'node:fs';
import { errnoOf } from '../../core/errno.js';
import { bindFlock, LOCK_SH, type Flock } from '../../host/flock.js';
import { loadBinary } from '../../host/load-koffi.js';
import { isFileAt } from './is-file-at.js';

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
    if (flock(fd, LOCK_SH) === 'taken' && isFileAt(path, fd)) rmSync(path, { force: true });
  } finally {
    closeSync(fd);
  }
}

function waitUntilGone(path: string): void {
  const cell = new Int32Array(new SharedArrayBuffer(4));
  for (let waited = 0; existsSync(path) && waited < LONGEST_MS; waited += POLL_MS)
    Atomics.wait(cell, 0, 0, POLL_MS);
}

function openIfThere(path: string): number | undefined {
  try {
    return openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
