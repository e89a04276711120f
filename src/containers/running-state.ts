// Whether a container runs: its monitor lives. The monitor becomes the one that finishes the container, with the same
// number, and so a container that is being finished still runs for everybody else.
import { existsSync } from 'node:fs';
import { TsbuildError } from '../core/errors.js';
import { bootId } from '../host/boot-id.js';
import { isAlive, type KnownProcess } from '../host/known-process.js';
import { readState, requireContainer } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerPaths } from './container-paths.js';
import type { ContainerState } from './container-record.js';

/** The state of a run whose command has not ended, as far as the monitor has said. */
export function runningState(paths: ContainerPaths): ContainerState | undefined {
  const state = monitoredState(paths);
  return state && !existsSync(paths.exit) ? state : undefined;
}

/** The same, also while it is being finished. */
export function monitoredState(paths: ContainerPaths): ContainerState | undefined {
  const state = readState(paths);
  return state && isMonitored(state, bootId()) ? state : undefined;
}

export function isMonitored(state: ContainerState, boot: string | undefined): boolean {
  return state.bootId === boot && isAlive(finisherOf(state));
}

/** The one that finishes the run and starts the container again: the monitor, or another in its place. */
export function finisherOf({ finisher, monitor }: ContainerState): KnownProcess {
  return finisher ?? monitor;
}

/** Of a run whose monitor was killed, and with it the command: nothing was written. */
export const KILLED = { exitCode: 137, error: 'the monitor was killed' } as const;

/** PID 1 of another container. @throws TsbuildError CONTAINER_NOT_FOUND | CONTAINER_NOT_RUNNING */
export function pidOf({ paths }: ContainerHost, name: string): number {
  const other = requireContainer(paths, name);
  const state = runningState(paths.of(other.id));
  if (state) return state.main.pid;
  throw new TsbuildError(
    'CONTAINER_NOT_RUNNING',
    `cannot join a namespace of ${name}: the container is not running`,
    {
      hint: `start it first: tsbuild start ${name}`,
    },
  );
}
