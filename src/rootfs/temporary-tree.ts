// Work directories inside trees/, on the file system of the trees. Each is locked by its own descriptor while its
// process lives, so that what a killed build left behind is known as garbage.
import { randomBytes } from 'node:crypto';
import { closeSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { removeTree } from './remove-tree.js';
import { LOCK_EX, LOCK_NB } from '../host/flock.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_DIRECTORY, O_RDONLY } from '../host/syscalls/open-flags.js';

const PREFIX = 'tmp-';

export interface TemporaryTree {
  readonly path: string;
  /** Deletes it. What was mounted in it must be gone. */
  remove(): void;
}

export function createTemporaryTree(calls: SystemCalls, trees: string): TemporaryTree {
  for (;;) {
    const path = join(trees, `${PREFIX}${randomBytes(8).toString('hex')}`);
    mkdirSync(path, { mode: 0o700 });
    const lock = openLocked(calls, path);
    // Undefined: another build took it for garbage before it was locked.
    if (lock === undefined) continue;
    return {
      path,
      remove() {
        removeTree(calls, path);
        closeSync(lock);
      },
    };
  }
}

/** Deletes the work directories of builds that are no more. `onFound` is called before, for what may still use one. */
export function removeAbandonedTrees(
  calls: SystemCalls,
  trees: string,
  onFound: (path: string) => void = () => {},
): void {
  for (const name of readdirSync(trees)) {
    if (!name.startsWith(PREFIX)) continue;
    const path = join(trees, name);
    const lock = openLocked(calls, path);
    if (lock === undefined) continue;
    onFound(path);
    removeTree(calls, path);
    closeSync(lock);
  }
}

/** Undefined when the directory is gone or somebody has it. */
function openLocked(calls: SystemCalls, path: string): number | undefined {
  let fd: number;
  try {
    fd = openSync(path, O_RDONLY | O_DIRECTORY);
  } catch (error) {
    if (isSystemCallError(error, 'ENOENT')) return undefined;
    throw error;
  }
  if (calls.flock(fd, LOCK_EX | LOCK_NB) && isStillThere(path)) return fd;
  closeSync(fd);
  return undefined;
}

function isStillThere(path: string): boolean {
  try {
    closeSync(openSync(path, O_RDONLY | O_DIRECTORY));
    return true;
  } catch (error) {
    if (isSystemCallError(error, 'ENOENT')) return false;
    throw error;
  }
}
