// What follows a run that was finished: the container is removed, started again, or stays.
import { closeSync, readdirSync, readlinkSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { readRecord, readState } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord, FinishedState } from './container-record.js';
import { endAnchor } from './end-anchor.js';
import { recordEvent } from './events/write-event.js';
import { nextRestart } from './rules/restart-policy.js';

const FAILED_START = new Set([126, 127]);

/** @throws TsbuildError STORE_UNWRITABLE | SANDBOX_* */
export async function afterEnd(
  host: ContainerHost,
  record: ContainerRecord,
  finished: FinishedState,
): Promise<void> {
  recordEvent(host.paths, record, 'die', {
    now: finished.finishedAt / 1000,
    attributes: { exitCode: String(finished.exitCode) },
  });
  if (record.host.isRemovedAtEnd) return removeAtEnd(host, record);
  await restartByPolicy(host, record, finished);
  await endAnchor(host);
}

async function removeAtEnd(host: ContainerHost, record: ContainerRecord): Promise<void> {
  const { removeContainer } = await import('./remove-files.js');
  await removeContainer(host, record, { areVolumesRemoved: true });
}

async function restartByPolicy(
  host: ContainerHost,
  record: ContainerRecord,
  finished: FinishedState,
): Promise<void> {
  const files = host.paths.of(record.id);
  const state = readState(files);
  if (!state || record.host.restart.name === 'no') return;
  const history = { count: state.restartCount, lastDelayMs: state.restartDelayMs ?? 0 };
  const next = nextRestart(record.host.restart, history, {
    exitCode: finished.exitCode,
    ranMs: finished.finishedAt - finished.startedAt,
    isStoppedByUser: state.isStoppedByUser === true,
    isFailedStart: FAILED_START.has(finished.exitCode) && finished.startedAt === 0,
  });
  if (next.kind === 'stop') return;
  await sleep(next.delayMs, undefined, { signal: host.signal });
  const isWanted = readState(files)?.isStoppedByUser !== true && readRecord(host.paths, record.id);
  if (!isWanted) return;
  letLockGo(files.lock);
  const { startContainer } = await import('./start-container.js');
  await startContainer(host, record, {
    isFollowed: false,
    restartCount: next.history.count,
    restartDelayMs: next.delayMs,
  });
}

/** The process that a monitor becomes still holds the lock of the run. */
function letLockGo(path: string): void {
  for (const fd of readdirSync('/proc/self/fd')) {
    try {
      if (readlinkSync(`/proc/self/fd/${fd}`) === path) closeSync(Number(fd));
    } catch {
      // The descriptor by which the folder was read is gone.
    }
  }
}
