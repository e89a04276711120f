// Waits for changes of files in a folder.
import { watch } from 'node:fs';

/** Files tell of an end, but not that a monitor was killed: who waits looks again after this time. */
const LOOK_MS = 500;

/** `next` ends at a change in the folder, after a while, or when it is aborted. */
export function watchFolder(path: string): {
  readonly next: (signal: AbortSignal, lookMs?: number) => Promise<void>;
  readonly close: () => void;
} {
  let wake = () => undefined as void;
  let hasChanged = false;
  const watcher = watch(path, () => {
    hasChanged = true;
    wake();
  });
  // A folder that was removed is seen by who reads it.
  watcher.on('error', () => wake());
  return {
    async next(signal, lookMs = LOOK_MS) {
      if (!hasChanged && !signal.aborted)
        await new Promise<void>((resolve) => {
          const timer = setTimeout(() => wake(), lookMs);
          wake = () => {
            clearTimeout(timer);
            signal.removeEventListener('abort', wake);
            resolve();
          };
          signal.addEventListener('abort', wake, { once: true });
        });
      hasChanged = false;
    },
    close: () => watcher.close(),
  };
}
