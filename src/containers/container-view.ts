// A container with what its files say of its state. Whether it runs is known by its monitor, which lives as long as the
// run and is known for certain by its number, its start time and the boot: no lock has to be asked.
import { bootId } from '../host/boot-id.js';
import { isAlive } from '../host/known-process.js';
import { listRecords, readExit, readFinished, readState, requireContainer } from './container-files.js';
import type { ContainersPaths } from './container-paths.js';
import type { ContainerRecord, ContainerState, FinishedState } from './container-record.js';
import { isMonitored, KILLED } from './running-state.js';
import { nextStep } from './rules/next-step.js';
import type { ContainerStatus } from './rules/container-summary.js';

export interface ContainerView {
  readonly record: ContainerRecord;
  readonly status: ContainerStatus;
  /** Of the present run, or the last one; absent before the first. */
  readonly state?: ContainerState;
  /** Of the last run that ended, or a start that failed. */
  readonly finished?: FinishedState;
}

/** The oldest first. @throws TsbuildError STORE_CORRUPT */
export function containerViews(paths: ContainersPaths): readonly ContainerView[] {
  const boot = bootId();
  return listRecords(paths).map((record) => viewOf(paths, record, boot));
}

/** @throws TsbuildError CONTAINER_NOT_FOUND, OPTION_INVALID, STORE_CORRUPT */
export function containerView(paths: ContainersPaths, text: string): ContainerView {
  return viewOf(paths, requireContainer(paths, text), bootId());
}

/** The files as they are now. */
export function viewOf(
  paths: ContainersPaths,
  record: ContainerRecord,
  boot: string | undefined,
): ContainerView {
  const files = paths.of(record.id);
  const state = readState(files);
  const isWatched = state !== undefined && isMonitored(state, boot);
  const isMainAlive = isWatched && isAlive(state.main);
  // What ends writes down its end first: whatever has ended until here is found in the files.
  const finished = readFinished(files);
  if (!state) return { record, status: 'created', ...(finished && { finished }) };
  const told = isMainAlive ? undefined : toldEnd(paths, record, state, finished);
  // A monitor that has not written the end of its command yet will do so.
  if (isWatched && !told) return { record, status: 'running', state, ...(finished && { finished }) };
  const ended = told ?? unknownEnd(state);
  const next =
    ended.next ??
    (isWatched && !finished ? nextStep(record, state, { ...ended, isOfThisBoot: true }) : undefined);
  return { record, status: next?.kind === 'restart' ? 'restarting' : 'exited', state, finished: ended };
}

/** What the finisher wrote of this run; before it has, what the monitor wrote. */
function toldEnd(
  paths: ContainersPaths,
  { id }: ContainerRecord,
  { startedAt }: ContainerState,
  finished: FinishedState | undefined,
): FinishedState | undefined {
  if (finished && finished.startedAt >= startedAt) return finished;
  const exit = readExit(paths.of(id));
  if (!exit || exit.finishedAt < startedAt) return undefined;
  return { ...exit, isOutOfMemory: false, error: '', startedAt };
}

function unknownEnd({ startedAt }: ContainerState): FinishedState {
  return { ...KILLED, isOutOfMemory: false, startedAt, finishedAt: startedAt };
}
