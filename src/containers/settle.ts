// Waiting for the end of a run, and finishing one whose monitor was killed.
import { existsSync } from 'node:fs';
import { TsbuildError } from '../core/errors.js';
import type { ContainerHost } from './container-host.js';
import { listRecords, readFinished, readRecord, readState } from './container-files.js';
import { endAnchor } from './end-anchor.js';
import { finishRun } from './finish-container.js';
import { monitoredState } from './running-state.js';
import { watchFolder } from './watch-folder.js';

/** The command has ended, and its finisher soon will, of which no file tells. */
const SOON_MS = 10;

/**
 * Resolves when the run has ended and was finished. False: `limitMs` is over before.
 * @throws TsbuildError ABORTED
 */
export async function untilEnded(host: ContainerHost, id: string, limitMs = Infinity): Promise<boolean> {
  const files = host.paths.of(id);
  const until = performance.now() + limitMs;
  const timer = new AbortController();
  const timeout = limitMs === Infinity ? undefined : setTimeout(() => timer.abort(), Math.max(limitMs, 0));
  const signal = AbortSignal.any([host.signal, timer.signal]);
  let changes: ReturnType<typeof watchFolder> | undefined;
  try {
    while (monitoredState(files)) {
      if (host.signal.aborted)
        throw new TsbuildError('ABORTED', 'interrupted', { cause: host.signal.reason });
      if (performance.now() >= until) return false;
      changes ??= watchFolder(files.directory);
      await changes.next(signal, existsSync(files.exit) ? SOON_MS : undefined);
    }
  } finally {
    clearTimeout(timeout);
    changes?.close();
  }
  await settle(host, id);
  return true;
}

/**
 * The same for all containers: of one whose monitor was killed PID 1 may still run.
 * @throws TsbuildError STORE_*
 */
export async function settleAll(host: ContainerHost): Promise<void> {
  for (const { id } of listRecords(host.paths)) await settle(host, id);
}

/** Finishes a run that nobody finished. Harmless. */
export async function settle(host: ContainerHost, id: string): Promise<void> {
  const files = host.paths.of(id);
  if (!readRecord(host.paths, id) || !readState(files) || readFinished(files) || monitoredState(files))
    return;
  await finishRun(host, id);
  await endAnchor(host);
}
