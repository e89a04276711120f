// Kernel locks on files: freed by the kernel when their holder dies, so a killed build never blocks the next one.
import { closeSync, openSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';

const LOCK_EX = 2;
const LOCK_NB = 4;
const EWOULDBLOCK = 11;

type Flock = (fd: number, operation: number) => number;

async function loadFlock(): Promise<{ flock: Flock; errno: () => number }> {
  const { default: koffi } = await import('koffi');
  const flock = koffi.load(null).func('int flock(int fd, int operation)') as Flock;
  return { flock, errno: () => koffi.errno() };
}

export interface LockOptions {
  /** How long to wait for another holder before giving up. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` while holding an exclusive flock(2) on `path` (made when missing, never removed).
 * @throws TsbuildError STORE_LOCKED when another process held it for the whole time, ABORTED
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: () => T | Promise<T>,
): Promise<T> {
  const { flock, errno } = await loadFlock();
  const fd = openSync(path, 'a', 0o644);
  try {
    const deadline = performance.now() + (options.timeoutMs ?? 60_000);
    while (flock(fd, LOCK_EX | LOCK_NB) !== 0) {
      if (errno() !== EWOULDBLOCK) throw new Error(`flock ${path}: errno ${errno()}`);
      if (options.signal?.aborted)
        throw new TsbuildError('ABORTED', 'interrupted while waiting for the store');
      if (performance.now() > deadline)
        throw new TsbuildError('STORE_LOCKED', `${path} is held by another build`, {
          hint: `see who holds it: fuser ${path}`,
        });
      await sleep(10);
    }
    return await work();
  } finally {
    closeSync(fd);
  }
}
