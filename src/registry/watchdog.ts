// The clock of one HTTP exchange: a limit on silence, an optional limit on the whole, and the caller's signal, in one AbortSignal.
// Silence only counts while somebody waits for the other side: a slow reader here is not a fault there.
import { setMaxListeners } from 'node:events';

/** Why an exchange was cut off. */
export type CutReason = 'aborted' | 'idle' | 'deadline';

export interface Watchdog {
  readonly signal: AbortSignal;
  readonly reason: CutReason | undefined;
  /** Waits for the other side under the silence limit. */
  during<T>(operation: Promise<T>): Promise<T>;
  /** Releases timers and listeners; idempotent. */
  stop(): void;
}

export interface WatchdogOptions {
  readonly signal?: AbortSignal | undefined;
  readonly idleTimeoutMs: number;
  readonly deadlineMs?: number | undefined;
}

export function startWatchdog({ signal, idleTimeoutMs, deadlineMs }: WatchdogOptions): Watchdog {
  const controller = new AbortController();
  let reason: CutReason | undefined;
  let isWaiting = false;
  const cut = (why: CutReason): void => {
    reason ??= why;
    controller.abort();
  };
  const onAbort = (): void => cut('aborted');
  const idle = setTimeout(() => isWaiting && cut('idle'), idleTimeoutMs).unref();
  const deadline =
    deadlineMs === undefined ? undefined : setTimeout(() => cut('deadline'), deadlineMs).unref();
  if (signal?.aborted) onAbort();
  // One signal serves a whole build: many exchanges listening to it at once are no leak.
  if (signal) setMaxListeners(0, signal);
  signal?.addEventListener('abort', onAbort, { once: true });
  return {
    signal: controller.signal,
    get reason() {
      return reason;
    },
    async during(operation) {
      isWaiting = true;
      idle.refresh();
      try {
        return await operation;
      } finally {
        isWaiting = false;
      }
    },
    stop() {
      clearTimeout(idle);
      clearTimeout(deadline);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
