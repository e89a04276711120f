// Ends the anchor when no container runs: asked at the end of a run, a removal and a start that failed. A worker
// that starts a container, or works on its files, holds the lock of the anchor shared, and so keeps it.
import { closeSync, openSync, rmSync } from 'node:fs';
import { LOCK_EX, LOCK_NB } from '../host/flock.js';
import { killKnown } from '../host/known-process.js';
import { loadSyscalls } from '../host/syscalls/system-calls.js';
import { livingAnchor } from '../worker/containers/anchor-record.js';
import { listIds, readFinished, readSoundRecord } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { AnchoredRung, ContainersPaths } from './container-paths.js';
import { monitoredState } from './running-state.js';

/** Harmless when something runs. */
export async function endAnchor({ paths }: Pick<ContainerHost, 'paths'>): Promise<void> {
  for (const rung of ['userns', 'userns-single'] as const) await endAnchorOf(paths, rung);
}

async function endAnchorOf(paths: ContainersPaths, rung: AnchoredRung): Promise<void> {
  const { record, lock: path } = paths.anchors[rung];
  if (!livingAnchor(record) || doesAnyRun(paths, rung)) return;
  const calls = await loadSyscalls();
  const lock = openSync(path, 'a', 0o644);
  try {
    if (!calls.flock(lock, LOCK_EX | LOCK_NB)) return;
    const anchor = livingAnchor(record);
    if (!anchor || doesAnyRun(paths, rung)) return;
    killKnown(anchor);
    rmSync(record, { force: true });
  } finally {
    closeSync(lock);
  }
}

/**
 * Not one that is finished already: of two that end at once, the later one ends the anchor. A damaged one that runs may
 * be of any rung.
 */
function doesAnyRun(paths: ContainersPaths, rung: AnchoredRung): boolean {
  return listIds(paths).some((id) => {
    const files = paths.of(id);
    const isRunning = monitoredState(files) !== undefined && readFinished(files) === undefined;
    return isRunning && (readSoundRecord(paths, id)?.host.isolation ?? rung) === rung;
  });
}
