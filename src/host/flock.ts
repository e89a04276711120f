// Locks of the kernel's on files (flock(2)), which are free as soon as their holder is gone.
import { closeSync, openSync } from 'node:fs';
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';
import type { Koffi } from './load-koffi.js';
import type { SystemCalls } from './syscalls/system-calls.js';

/** Operations; LOCK_NB beside one of the others: do not wait. */
export const LOCK_SH = 1;
export const LOCK_EX = 2;
export const LOCK_NB = 4;

/** `held`: by another open file. A number is the errno of anything else. */
export type FlockResult = 'taken' | 'held' | number;

export type Flock = (fd: number, operation: number) => FlockResult;

/** For a process that has no other system calls to make. */
export function bindFlock(koffi: Koffi): Flock {
  const flock: (fd: number, operation: number) => number = koffi
    .load(null)
    .func('int flock(int fd, int operation)');
  return (fd, operation) => {
    if (flock(fd, operation) === 0) return 'taken';
    const errno = koffi.errno();
    return errno === constants.errno.EWOULDBLOCK ? 'held' : errno;
  };
}

const POLL_MS = 50;

/**
 * Waits without blocking this process.
 * @returns a descriptor that holds the lock until it is closed.
 * @throws TsbuildError ABORTED
 */
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
