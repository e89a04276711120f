// Locks of the kernel's on files (flock(2)), which are free as soon as their holder is gone.
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';
import type { SystemCalls } from './syscalls/system-calls.js';

/** Operations; LOCK_NB beside one of the others: do not wait. */
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;

const POLL_MS = 50;

/** Waits without blocking this process. @returns a descriptor that holds the lock until it is closed. @throws TsbuildError ABORTED */
export async function waitForLock(
  calls: SystemCalls,
  path: string,
  operation: number,
  signal: AbortSignal,
): Promise<number> {
  const fd = openSync(path, 'a', 0o644);
  try {
    while (!calls.flock(fd, operation | LOCK_NB)) {
      if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted while waiting for another build');
      await sleep(POLL_MS);
    }
    return fd;
  } catch (error) {
    closeSync(fd);
    throw error;
  }
}
