// A limit on time as a signal, beside another one.
import { setMaxListeners } from 'node:events';

export interface TimeLimit {
  /** Aborted when the time is over, or the other signal is. */
  readonly signal: AbortSignal;
  clear(): void;
}

/** Timers end at once when they are longer. */
const MAX_TIMER_MS = 2 ** 31 - 1;

/** Held by its timer: what AbortSignal.timeout gives may be collected before its time. */
export function signalAfter(seconds: number, signal: AbortSignal): TimeLimit {
  const controller = new AbortController();
  const timer = setTimeout(() => controller.abort(), Math.min(seconds * 1000, MAX_TIMER_MS));
  const abort = (): void => controller.abort(signal.reason);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  setMaxListeners(0, controller.signal);
  return {
    signal: controller.signal,
    clear(): void {
      clearTimeout(timer);
      signal.removeEventListener('abort', abort);
    },
  };
}
