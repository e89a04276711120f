// Locks on files. Where the package for system calls is installed they are the kernel's, freed when their holder dies,
// so a killed build never blocks the next one.
import { closeSync, openSync } from 'node:fs';
import { TsbuildError } from '../core/errors.js';
import { storeWriteError } from './durable-write.js';
import { exclusiveFile, type FileLock } from './exclusive-file.js';
import { bindFlock, LOCK_EX, LOCK_NB } from '../host/flock.js';
import { loadKoffi } from '../host/load-koffi.js';

const POLL_MS = 10;

export interface LockOptions {
  /** How long to wait for another holder before giving up. */
  readonly timeoutMs?: number;
  readonly signal?: AbortSignal;
}

/**
 * Runs `work` while holding `path` (made when missing) exclusively, by flock(2) where that can be reached. All
 * processes that share a store have the package for it or none has.
 * @throws TsbuildError STORE_LOCKED when another process held it for the whole time; STORE_FULL, STORE_UNWRITABLE,
 * ABORTED
 */
export async function withLock<T>(
  path: string,
  options: LockOptions,
  work: () => T | Promise<T>,
): Promise<T> {
  const lock = (await kernelLock(path)) ?? exclusiveFile(path);
  try {
    const deadline = process.uptime() + (options.timeoutMs ?? 60_000) / 1000;
    while (!lock.tryTake()) {
      if (options.signal?.aborted)
        throw new TsbuildError('ABORTED', 'interrupted while waiting for the store', {
          cause: options.signal.reason,
        });
      if (process.uptime() > deadline)
        throw new TsbuildError('STORE_LOCKED', `${path} is held by another build`, { hint: lock.hint });
      await new Promise((resolve) => setTimeout(resolve, POLL_MS));
    }
    return await work();
  } finally {
    lock.release();
  }
}

/** Loads what `withLock` needs, for who has time before it comes to that. */
export async function prepareToLock(): Promise<void> {
  await loadKoffi().catch(() => undefined);
}

function openLock(path: string): number {
  try {
    return openSync(path, 'a', 0o644);
  } catch (error) {
    throw storeWriteError(error, path);
  }
}

/** Undefined without the binary of koffi, which is optional: builds without RUN need nothing else of it. */
async function kernelLock(path: string): Promise<FileLock | undefined> {
  const koffi = await loadKoffi().catch(() => undefined);
  if (!koffi) return undefined;
  const flock = bindFlock(koffi);
  const fd = openLock(path);
  return {
    hint: `see who holds it: fuser ${path}`,
    tryTake() {
      const result = flock(fd, LOCK_EX | LOCK_NB);
      if (typeof result === 'number') throw new Error(`flock ${path}: errno ${result}`);
      return result === 'taken';
    },
    release: () => closeSync(fd),
  };
}
