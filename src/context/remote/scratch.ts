// Paths in the store's tmp that live as long as the build, and the work that writes to them.
// Invariant: no work begins after the abort that comes before `dispose`.
import { rmSync } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
import type { Store } from '../../store/store.js';

export interface Scratch {
  /** A new path; nothing is there yet. */
  path(): string;
  /** Passes the work's result on. @throws TsbuildError ABORTED */
  during<T>(work: () => Promise<T>): Promise<T>;
  /** Removes the paths when no work is left that could write to them. */
  dispose(): Promise<void>;
}

export function createScratch(store: Store, signal: AbortSignal): Scratch {
  const paths: string[] = [];
  const running = new Set<Promise<unknown>>();
  const checkRunning = () => {
    if (signal.aborted) throw new TsbuildError('ABORTED', 'the build was interrupted');
  };
  return {
    path() {
      checkRunning();
      const path = store.temporaryPath();
      paths.push(path);
      return path;
    },
    async during(work) {
      checkRunning();
      const promise = work();
      running.add(promise);
      try {
        return await promise;
      } finally {
        running.delete(promise);
      }
    },
    async dispose() {
      await Promise.allSettled(running);
      for (const path of paths.splice(0)) rmSync(path, { recursive: true, force: true });
    },
  };
}
