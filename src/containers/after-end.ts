// What follows a run that was finished: the container is removed, started again, or stays. For the process that the
// monitor becomes, or the one that took its place: it holds the lock of the run.
import { closeSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';
import { loadSyscalls } from '../host/syscalls/system-calls.js';
import { executeLater } from '../sandbox/later/execute-later.js';
import { readFinished, readRecord, readState, writeJson } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord, FinishedState, NextStep } from './container-record.js';
import { endAnchor } from './end-anchor.js';
import { finisherCommand } from './finisher-command.js';
import { ownRunLocks } from './run-lock.js';

/** Longer waits are worth that this process becomes a smaller one. */
const SHORT_MS = 1000;

/** @throws TsbuildError STORE_UNWRITABLE | SANDBOX_* */
export async function afterEnd(
  host: ContainerHost,
  record: ContainerRecord,
  { next }: FinishedState,
): Promise<void> {
  if (next?.kind === 'remove') return removeAtEnd(host, record);
  if (next?.kind === 'restart') await restart(host, record, next);
  await endAnchor(host);
}

export async function removeAtEnd(host: ContainerHost, record: ContainerRecord): Promise<void> {
  const { removeContainer } = await import('./remove-files.js');
  await removeContainer(host, record, { areVolumesRemoved: true });
}

type Restart = Extract<NextStep, { kind: 'restart' }>;

async function restart(host: ContainerHost, record: ContainerRecord, next: Restart): Promise<void> {
  const files = host.paths.of(record.id);
  const waitMs = Math.min(next.at - host.now() * 1000, next.delayMs);
  if (waitMs > SHORT_MS) {
    const calls = await loadSyscalls();
    const title = `tsbuild: restarts ${record.name} later`;
    const kept = ownRunLocks(files).slice(0, 1);
    const command = finisherCommand(host, record.id);
    executeLater(calls, { ...command, title, ms: waitMs, kept, directory: files.directory });
  }
  if (waitMs > 0) await sleep(waitMs, undefined, { signal: host.signal });
  const state = readState(files);
  const finished = readFinished(files);
  if (!state || !finished || !readRecord(host.paths, record.id)) return;
  if (state.isStoppedByUser) return writeJson(files.finished, stays(finished));
  for (const fd of ownRunLocks(files)) closeSync(fd);
  try {
    const { startContainer } = await import('./start-container.js');
    await startContainer(host, record, {
      isFollowed: false,
      restartCount: next.count,
      restartDelayMs: next.delayMs,
    });
  } catch (error) {
    // Nobody is there to be told: `inspect` tells it.
    writeJson(files.state, state);
    const { exitCode = finished.exitCode, message } =
      error instanceof TsbuildError ? error : { message: String(error) };
    writeJson(files.finished, { ...stays(finished), exitCode, error: message });
  }
}

/** Nothing follows. */
export function stays(finished: FinishedState): FinishedState {
  const { next: _, ...rest } = finished;
  return rest;
}
