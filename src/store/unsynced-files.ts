// Files of a build that have their names but may not be on the disk yet. They are brought there together, before anything durable names
// them: one after the other, each would wait for the disk by itself.
import { statSync } from 'node:fs';
import { syncFile } from './durable-write.js';

export interface UnsyncedFiles {
  /** `settle` is called when all the files are on the disk. */
  add(paths: readonly string[], settle: () => void): void;
  /** Brings everything that was added to the disk. @throws TsbuildError STORE_FULL | STORE_UNWRITABLE */
  sync(): Promise<void>;
}

interface Group {
  readonly paths: readonly string[];
  readonly settle: () => void;
}

/** A file that the disk needs longer for than for the news of it: it is begun with at once. */
const LARGE_BYTES = 1 << 20;

export function createUnsyncedFiles(): UnsyncedFiles {
  let groups: Group[] = [];
  const begun = new Map<string, Promise<void>>();

  /** Again when it was begun before: another file may have the name now. A failure stays one, since the disk tells of it once. */
  function begin(path: string): void {
    const before = begun.get(path);
    const running = before ? before.then(() => syncFile(path)) : syncFile(path);
    // Whoever waits for it learns of a failure.
    running.catch(() => undefined);
    begun.set(path, running);
  }

  return {
    add(paths, settle) {
      groups.push({ paths, settle });
      for (const path of paths)
        if ((statSync(path, { throwIfNoEntry: false })?.size ?? 0) >= LARGE_BYTES) begin(path);
    },
    async sync() {
      const synced = groups;
      groups = [];
      const paths = new Set(synced.flatMap((group) => group.paths));
      await Promise.all([...paths].map((path) => begun.get(path) ?? syncFile(path)));
      for (const { settle } of synced) settle();
    },
  };
}
