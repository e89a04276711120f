// Waiting for a lock that another process holds, without blocking the worker.
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';
import type { SystemCalls } from './syscalls/system-calls.js';
import { LOCK_NB } from './syscalls/file-calls.js';

const POLL_MS = 50;

/** @returns a descriptor that holds the lock until it is closed. @throws TsbuildError ABORTED */
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
