// Writes down how a run of a container ended: its networks and control group are let go, `die` is told, and what
// follows by its policies is decided. For the one that holds the lock of the run (run-lock.ts), so that it is done
// once. Who is killed on the way leaves the rest to the next one.
import { readFileSync, rmdirSync } from 'node:fs';
import { errnoOf } from '../core/errno.js';
import { bootId } from '../host/boot-id.js';
import { killKnown } from '../host/known-process.js';
import { readExit, readFinished, readRecord, readState, writeJson } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerPaths } from './container-paths.js';
import type { ContainerRecord, ContainerState, FinishedState } from './container-record.js';
import { hasEvent } from './events/find-event.js';
import { recordHealthEvents } from './events/health-events.js';
import { recordEvent } from './events/write-event.js';
import { nextStep } from './rules/next-step.js';
import { KILLED } from './running-state.js';
import { leaveNetworks } from './start-network.js';

const UNKNOWN = 255;

/**
 * @param choice `isTakenOver`: somebody else may have begun, and was killed
 * @returns how it ended; undefined when it never ran, or is gone
 */
export async function finishRun(
  host: ContainerHost,
  id: string,
  { isTakenOver }: { readonly isTakenOver: boolean },
): Promise<FinishedState | undefined> {
  const files = host.paths.of(id);
  const record = readRecord(host.paths, id);
  const state = readState(files);
  const known = readFinished(files);
  if (!record || !state || known) return known;
  const isOfThisBoot = state.bootId === bootId();
  if (isOfThisBoot) for (const one of [state.main, ...state.helpers]) killKnown(one);
  await leaveNetworks(host, record, isOfThisBoot ? state : undefined);
  const isOutOfMemory = state.cgroup !== undefined && leaveGroup(state.cgroup);
  const end = endOf(files, state, { isOfThisBoot, nowMs: host.now() * 1000 });
  const next = nextStep(record, state, { ...end, isOfThisBoot });
  const finished = { ...end, isOutOfMemory, startedAt: state.startedAt, ...(next && { next }) };
  const isTold = isTakenOver && hasEvent(host.paths, { id, action: 'die', sinceMs: state.startedAt });
  if (!isTold) {
    recordHealthEvents(host.paths, { record, state });
    tellEnd(host, record, finished);
  }
  writeJson(files.finished, finished);
  return finished;
}

function tellEnd({ paths }: ContainerHost, record: ContainerRecord, finished: FinishedState): void {
  const { exitCode, isOutOfMemory, startedAt, finishedAt } = finished;
  const now = finishedAt / 1000;
  if (isOutOfMemory) recordEvent(paths, record, 'oom', { now });
  const execDuration = String(Math.floor((finishedAt - startedAt) / 1000));
  recordEvent(paths, record, 'die', { now, attributes: { execDuration, exitCode: String(exitCode) } });
}

function endOf(
  files: ContainerPaths,
  state: ContainerState,
  { isOfThisBoot, nowMs }: { readonly isOfThisBoot: boolean; readonly nowMs: number },
): Pick<FinishedState, 'exitCode' | 'error' | 'finishedAt'> {
  const exit = readExit(files);
  if (exit) return { ...exit, error: '' };
  const finishedAt = Math.max(nowMs, state.startedAt);
  if (isOfThisBoot) return { ...KILLED, finishedAt };
  return { exitCode: UNKNOWN, error: 'the machine was started anew', finishedAt };
}

/** @returns whether the kernel killed something in it for want of memory */
function leaveGroup(directory: string): boolean {
  let events = '';
  try {
    events = readFileSync(`${directory}/memory.events`, 'utf8');
    rmdirSync(directory);
  } catch (error) {
    // Gone already, without the controller of memory, or something in it still ends: the next one removes it.
    if (!['ENOENT', 'EBUSY'].includes(errnoOf(error) ?? '')) throw error;
  }
  return Number(/^oom_kill (\d+)$/m.exec(events)?.[1] ?? 0) > 0;
}
