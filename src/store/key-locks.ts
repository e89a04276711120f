// Locks on pieces of work, by name, so that of all builds on this store one does the work. They are the kernel's
// (flock(2)): a holder that dies has let go. A lock belongs to an open file, so two builds in one process exclude each
// other too. A lock file is deleted by its holder, before the lock is let go of: who then gets a lock on the deleted
// file takes a new one. What a killed holder leaves is deleted with everything else in tmp/.
import { closeSync, fstatSync, openSync, rmSync, statSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../core/errors.js';
import { bindFlock, LOCK_EX, LOCK_NB, type Flock, type FlockResult } from '../host/flock.js';
import { loadKoffi } from '../host/load-koffi.js';
import { storeWriteError } from './durable-write.js';
import type { StorePaths } from './store-paths.js';

const POLL_MS = 20;
/** Shorter waits are not worth a word; seconds. */
const SAID_AFTER = 0.5;

export interface LockWait {
  readonly signal: AbortSignal;
  /** Called once, when another holder keeps it for a while. */
  onWait(): void;
}

/** An exclusive lock that is held. */
export interface KeyLock {
  release(): void;
}

/**
 * Waits as long as another holder lives. Undefined where locks cannot be had: without the package for system calls, or
 * on a file system without locks. The work may be done twice there.
 * @param name no separators
 * @throws TsbuildError ABORTED, STORE_UNWRITABLE, STORE_FULL
 */
export async function lockKey(
  paths: Pick<StorePaths, 'tmp'>,
  name: string,
  wait: LockWait,
): Promise<KeyLock | undefined> {
  const flock = await loadFlock();
  if (!flock) return undefined;
  const path = join(paths.tmp, `lock-${name}`);
  for (;;) {
    const fd = openLockFile(path);
    try {
      const result = await waitFor(() => flock(fd, LOCK_EX | LOCK_NB), wait);
      if (result === 'taken' && isAt(path, fd)) return { release: () => removeHeld(path, fd) };
      closeSync(fd);
      if (result !== 'taken') return undefined;
    } catch (error) {
      closeSync(fd);
      throw error;
    }
  }
}

async function loadFlock(): Promise<Flock | undefined> {
  const koffi = await loadKoffi().catch(() => undefined);
  return koffi && bindFlock(koffi);
}

async function waitFor(attempt: () => FlockResult, { signal, onWait }: LockWait): Promise<FlockResult> {
  const start = process.uptime();
  let isSaid = false;
  for (;;) {
    const result = attempt();
    if (result !== 'held') return result;
    if (signal.aborted)
      throw new TsbuildError('ABORTED', 'interrupted while waiting for another build', {
        cause: signal.reason,
      });
    if (!isSaid && process.uptime() - start > SAID_AFTER) {
      isSaid = true;
      onWait();
    }
    await new Promise((resolve) => setTimeout(resolve, POLL_MS));
  }
}

function openLockFile(path: string): number {
  try {
    return openSync(path, 'a', 0o600);
  } catch (error) {
    throw storeWriteError(error, path);
  }
}

/** False when the file was deleted, or another one has its name. */
function isAt(path: string, fd: number): boolean {
  const present = statSync(path, { throwIfNoEntry: false });
  return present !== undefined && present.ino === fstatSync(fd).ino;
}

function removeHeld(path: string, fd: number): void {
  try {
    if (isAt(path, fd)) rmSync(path, { force: true });
  } finally {
    closeSync(fd);
  }
}
