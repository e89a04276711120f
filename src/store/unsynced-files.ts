// Files of a build that are written but may not be on the disk yet. All are synced at once, because syncs at the same
// time share the wait for the disk. It happens before anything that lasts names one of them, such as an image.
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

/** From this size on the sync of a file starts when the file is added, since writing its bytes takes long by itself. */
const LARGE_BYTES = 1 << 20;

export function createUnsyncedFiles(): UnsyncedFiles {
  let groups: Group[] = [];
  const begun = new Map<string, Promise<void>>();

  /**
   * Starts the sync of a file. A path that was synced before is synced again, since a new file may have its name.
   * If the first sync failed, so does the second: the kernel reports a write error only once (fsync(2)).
   */
  function begin(path: string): void {
    const before = begun.get(path);
    const running = before ? before.then(() => syncFile(path)) : syncFile(path);
    // `sync` waits for it later and throws then.
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
