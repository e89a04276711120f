// Unfinished files of builds that died. Every build that may write holds one lock of the store together with all
// others, which the kernel frees when it dies: who gets the lock alone knows that nobody is at work on what lies in
// tmp/. Times say nothing: clocks jump.
import { closeSync, existsSync, openSync, readdirSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import { bindFlock, LOCK_EX, LOCK_NB, LOCK_SH, type Flock } from '../host/flock.js';
import { loadBinary } from '../host/load-koffi.js';
import { bootId } from '../host/boot-id.js';
import { storeWriteError } from './durable-write.js';
import type { Lease } from './leases/lease.js';
import type { StorePaths } from './store-paths.js';

export interface TemporaryFiles {
  /**
   * From now on nobody takes what this process writes to tmp/ for abandoned.
   * @throws TsbuildError STORE_UNWRITABLE, STORE_FULL
   */
  hold(): void;
  /**
   * Nothing of this build is in use any more. Deletes what builds that died have left, when no other build is at work.
   */
  release(): void;
}

/**
 * Where locks cannot be reached, without the package for system calls, nothing is ever deleted. `lease` is locked too:
 * who writes may take long.
 */
export function createTemporaryFiles(
  paths: Pick<StorePaths, 'root' | 'tmp'>,
  lease?: Pick<Lease, 'lock'>,
): TemporaryFiles {
  let held: { readonly fd: number; readonly flock: Flock | undefined } | undefined;
  const path = join(paths.root, 'tmp.lock');

  function hold(): void {
    if (held) return;
    const flock = loadFlock();
    try {
      held = { fd: openSync(path, 'a', 0o600), flock };
    } catch (error) {
      throw storeWriteError(error, path);
    }
    flock?.(held.fd, LOCK_SH);
    lease?.lock(flock);
  }

  return {
    hold,
    release() {
      const names = existsSync(paths.tmp) ? readdirSync(paths.tmp) : [];
      if (names.length > 0) hold();
      if (!held) return;
      if (names.length > 0 && held.flock?.(held.fd, LOCK_EX | LOCK_NB) === 'taken')
        for (const name of names) rmSync(join(paths.tmp, name), { recursive: true, force: true });
      closeSync(held.fd);
      held = undefined;
    },
  };
}

function loadFlock(): Flock | undefined {
  const koffi = loadBinary();
  return koffi && bindFlock(koffi);
}

/** What only counted before the machine was started again. */
export function removeOtherBoots(paths: StorePaths): void {
  const boot = bootId();
  if (boot === undefined) return;
  const names = existsSync(paths.unsynced) ? readdirSync(paths.unsynced) : [];
  for (const name of names)
    if (name !== boot) rmSync(join(paths.unsynced, name), { recursive: true, force: true });
}
