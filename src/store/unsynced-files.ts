// Files of a build that have their names but may not be on the disk yet. They are brought there together, before anything durable names
// them: one after the other, each would wait for the disk by itself.
import { closeSync, fsync, openSync } from 'node:fs';
import { promisify } from 'node:util';
import { storeWriteError } from './durable-write.js';

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

export function createUnsyncedFiles(): UnsyncedFiles {
  let groups: Group[] = [];
  return {
    add: (paths, settle) => void groups.push({ paths, settle }),
    async sync() {
      const synced = groups;
      groups = [];
      const paths = new Set(synced.flatMap((group) => group.paths));
      await Promise.all([...paths].map(syncFile));
      for (const { settle } of synced) settle();
    },
  };
}

async function syncFile(path: string): Promise<void> {
  try {
    const fd = openSync(path, 'r');
    try {
      await promisify(fsync)(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw storeWriteError(error, path);
  }
}
