// Ends a running container: by its stop signal and, after a time, by SIGKILL; or by a signal at once.
import { constants } from 'node:os';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';
import { isAlive } from '../host/known-process.js';
import { signalIfThere } from '../host/signal-if-there.js';
import { cancelRestart } from './cancel-restart.js';
import { writeJson } from './container-files.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord, ContainerState } from './container-record.js';
import { recordEvent } from './events/write-event.js';
import { monitoredState, runningState } from './running-state.js';
import { untilEnded } from './settle.js';

const POLL_MS = 5;

export interface StopChoice {
  /** Seconds; -1: for ever. Default that of the container. */
  readonly timeout?: number | undefined;
  readonly signal?: string | undefined;
}

/** @returns false when it did not run */
export async function stopRun(
  host: ContainerHost,
  record: ContainerRecord,
  { timeout = record.config.stopTimeout, signal = record.config.stopSignal }: StopChoice,
): Promise<boolean> {
  const tell = (): true => {
    recordEvent(host.paths, record, 'stop', { now: host.now() });
    return true;
  };
  if (await cancelRestart(host, record)) return tell();
  const state = monitoredState(host.paths.of(record.id));
  if (!state) return false;
  markStopped(host, record, state);
  sendSignal(state, signalNumber(signal));
  const limit = timeout < 0 ? Infinity : timeout * 1000;
  if (!(await untilEnded(host, record.id, limit))) {
    sendSignal(state, constants.signals.SIGKILL);
    await untilEnded(host, record.id);
  }
  // It had ended by itself just before.
  await cancelRestart(host, record);
  return tell();
}

/** @throws TsbuildError CONTAINER_NOT_RUNNING | OPTION_INVALID */
export async function killRun(host: ContainerHost, record: ContainerRecord, signal: string): Promise<void> {
  const number = signalNumber(signal);
  const files = host.paths.of(record.id);
  while (!(await cancelRestart(host, record))) {
    const state = runningState(files);
    if (state) {
      markStopped(host, record, state);
      sendSignal(state, number);
      break;
    }
    if (!monitoredState(files)) throw notRunning(record);
    // It has ended, and nobody knows yet whether it is to be started again.
    await sleep(POLL_MS);
  }
  recordEvent(host.paths, record, 'kill', {
    now: host.now(),
    attributes: { signal: String(number) },
  });
}

export function notRunning({ id, name }: ContainerRecord): TsbuildError {
  return new TsbuildError('CONTAINER_NOT_RUNNING', `container ${id} is not running`, {
    hint: `start it: tsbuild start ${name}`,
  });
}

/** No restart follows. */
function markStopped({ paths }: ContainerHost, { id }: ContainerRecord, state: ContainerState): void {
  writeJson(paths.of(id).state, { ...state, isStoppedByUser: true });
}

function sendSignal({ main }: ContainerState, number: number): void {
  if (isAlive(main)) signalIfThere(main.pid, number);
}

/** `TERM`, `SIGTERM`, `15`. @throws TsbuildError OPTION_INVALID */
function signalNumber(text: string): number {
  const name = `SIG${text.toUpperCase().replace(/^SIG/, '')}` as NodeJS.Signals;
  const number = /^\d+$/.test(text) ? Number(text) : constants.signals[name];
  if (number !== undefined && number > 0 && number <= 64) return number;
  throw new TsbuildError('OPTION_INVALID', `Invalid signal: ${text}`, {
    hint: 'write a name such as SIGTERM, or a number',
  });
}
