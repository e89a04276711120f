// Ends the anchor when no container runs: asked at the end of a run, a removal and a start that failed. A worker
// that starts a container, or works on its files, holds the lock of the anchor shared, and so keeps it.
import { closeSync, openSync, rmSync } from 'node:fs';
import { LOCK_EX, LOCK_NB } from '../host/flock.js';
import { killKnown } from '../host/known-process.js';
import { loadSyscalls } from '../host/syscalls/system-calls.js';
import { livingAnchor } from '../worker/containers/anchor-record.js';
import { listIds, readFinished } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainersPaths } from './container-paths.js';
import { monitoredState } from './running-state.js';

/** Harmless when something runs. */
export async function endAnchor({ paths }: Pick<ContainerHost, 'paths'>): Promise<void> {
  if (!livingAnchor(paths.anchor) || doesAnyRun(paths)) return;
  const calls = await loadSyscalls();
  const lock = openSync(paths.anchorLock, 'a', 0o644);
  try {
    if (!calls.flock(lock, LOCK_EX | LOCK_NB)) return;
    const anchor = livingAnchor(paths.anchor);
    if (!anchor || doesAnyRun(paths)) return;
    killKnown(anchor);
    rmSync(paths.anchor, { force: true });
  } finally {
    closeSync(lock);
  }
}

/** Not one that is finished already: of two that end at once, the later one ends the anchor. */
function doesAnyRun(paths: ContainersPaths): boolean {
  return listIds(paths).some((id) => {
    const files = paths.of(id);
    return monitoredState(files) !== undefined && readFinished(files) === undefined;
  });
}
