// Finishing a run whose monitor was killed, or left that to the command that follows it; and waiting for the end of
// one.
import { closeSync, existsSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerPaths } from './container-paths.js';
import { listRecords, readFinished, readRecord, readState, writeJson } from './container-files.js';
import { removeAtEnd, stays } from './after-end.js';
import { endAnchor } from './end-anchor.js';
import { finishRun } from './finish-container.js';
import { monitoredState } from './running-state.js';
import { tryRunLock } from './run-lock.js';
import { startFinisher } from './start-finisher.js';
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
    while (monitoredState(files) && !isToBeRestarted(files)) {
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

/** Its run has ended, and the next one will begin. */
export function isToBeRestarted(files: ContainerPaths): boolean {
  return readFinished(files)?.next?.kind === 'restart';
}

/**
 * The same for all containers: of one whose monitor was killed PID 1 may still run.
 * @throws TsbuildError STORE_* | SANDBOX_*
 */
export async function settleAll(host: ContainerHost): Promise<void> {
  for (const { id } of listRecords(host.paths)) await settle(host, id);
}

export interface SettleChoice {
  /** The monitor is about to end, and leaves the rest to this process. */
  readonly isLeft?: boolean;
  /** The caller will start, stop or remove it: it is not started again by its policy. */
  readonly isKept?: boolean;
}

/**
 * Finishes a run that nobody finishes: exactly one of those that come at once does it, the others wait for it. What is
 * to be started again later is started by a process of its own.
 * @throws TsbuildError STORE_* | SANDBOX_* | ABORTED
 */
export async function settle(
  host: ContainerHost,
  id: string,
  { isLeft = false, isKept = false }: SettleChoice = {},
): Promise<void> {
  const files = host.paths.of(id);
  for (let waitMs = 1; !isSettled(host, id); waitMs = Math.min(waitMs * 2, SOON_MS)) {
    const lock = isLeft || !monitoredState(files) ? await tryRunLock(files) : undefined;
    if (lock !== undefined) return takeOver(host, id, { lock, isKept, isTakenOver: !isLeft });
    if (!isLeft && monitoredState(files)) return;
    if (host.signal.aborted) throw new TsbuildError('ABORTED', 'interrupted', { cause: host.signal.reason });
    await sleep(waitMs);
  }
}

function isSettled(host: ContainerHost, id: string): boolean {
  const files = host.paths.of(id);
  if (!readRecord(host.paths, id) || !readState(files)) return true;
  const finished = readFinished(files);
  return finished !== undefined && finished.next === undefined;
}

interface TakeOver {
  readonly lock: number;
  readonly isKept: boolean;
  readonly isTakenOver: boolean;
}

async function takeOver(
  host: ContainerHost,
  id: string,
  { lock, isKept, isTakenOver }: TakeOver,
): Promise<void> {
  const files = host.paths.of(id);
  try {
    // Meanwhile another one may have finished it, or started it.
    if (isSettled(host, id) || (isTakenOver && monitoredState(files))) return;
    const record = readRecord(host.paths, id);
    const finished = await finishRun(host, id, { isTakenOver });
    if (!record || !finished) return;
    if (finished.next?.kind === 'remove') return await removeAtEnd(host, record);
    if (finished.next?.kind === 'restart') {
      if (!isKept) return startFinisher(host, id, lock);
      writeJson(files.finished, stays(finished));
    }
    await endAnchor(host);
  } finally {
    closeSync(lock);
  }
}
