// SIGINT, SIGTERM and SIGHUP: the first aborts, once; the third kills. In between the process waits for the build to
// clean up.
import { TsbuildError } from '../core/errors.js';

const STATUS = { SIGINT: 130, SIGTERM: 143, SIGHUP: 129 } as const;
type InterruptSignal = keyof typeof STATUS;
const SIGNALS = Object.keys(STATUS) as InterruptSignal[];

/** The part of `process` that is used. */
export interface SignalSource {
  readonly on: (signal: InterruptSignal, listener: () => void) => unknown;
  readonly off: (signal: InterruptSignal, listener: () => void) => unknown;
}

export interface Interrupts {
  readonly signal: AbortSignal;
  /** Exit status for the signal that came first; undefined when none came. */
  readonly exitStatus: () => number | undefined;
  readonly dispose: () => void;
}

/** `kill` ends the process at once, with that status. */
export function watchInterrupts(source: SignalSource, kill: (status: number) => void): Interrupts {
  const controller = new AbortController();
  let count = 0;
  let status: number | undefined;
  const listeners = SIGNALS.map((name) => {
    const listener = () => {
      count += 1;
      status ??= STATUS[name];
      if (count === 1) controller.abort(new TsbuildError('ABORTED', `interrupted by ${name}`));
      if (count === 3) kill(status);
    };
    source.on(name, listener);
    return () => source.off(name, listener);
  });
  return {
    signal: controller.signal,
    exitStatus: () => status,
    dispose: () => listeners.forEach((off) => off()),
  };
}
