// The clock of one HTTP exchange: a limit on silence, a floor of speed, an optional limit on the whole, and the
// caller's signal, in one AbortSignal. Time only counts while somebody waits for the other side: a slow reader here is
// not a fault there.
import { setMaxListeners } from 'node:events';

/** Why an exchange was cut off. `stalled`: the other side does not take the body; `idle`: it does not answer. */
export type CutReason = 'aborted' | 'idle' | 'stalled' | 'slow' | 'deadline';

export interface Watchdog {
  readonly signal: AbortSignal;
  readonly reason: CutReason | undefined;
  /** Waits for the other side under the silence limit. */
  during<T>(operation: Promise<T>): Promise<T>;
  /**
   * Counts what came. Cuts the exchange when the last stretch of waiting, as long as the silence limit, brought too
   * little.
   */
  received(bytes: number): void;
  /** Waits for this side, within `during`: the clock stands still meanwhile and starts anew afterwards. */
  apart<T>(operation: Promise<T>): Promise<T>;
  /** A piece of the body was taken: the clock starts anew. */
  sent(): void;
  /** The whole body was taken: the silence that follows may last this much longer. */
  allow(milliseconds: number): void;
  /** Starts the limit on the whole. */
  startDeadline(): void;
  /** Releases timers and listeners; idempotent. */
  stop(): void;
}

export interface WatchdogOptions {
  readonly signal?: AbortSignal | undefined;
  readonly idleTimeoutMs: number;
  readonly deadlineMs?: number | undefined;
  /** Called once when nothing has come for `noticeMs`. */
  readonly onSilence?: (() => void) | undefined;
  readonly noticeMs?: number | undefined;
}

/** What a connection that is still of use brings at least, on the average. */
const FLOOR_BYTES_PER_SECOND = 1024;

export function startWatchdog(options: WatchdogOptions): Watchdog {
  const { signal, idleTimeoutMs, deadlineMs, onSilence, noticeMs = 5000 } = options;
  const controller = new AbortController();
  let reason: CutReason | undefined;
  let isWaiting = false;
  let isApart = false;
  const cut = (why: CutReason): void => {
    reason ??= why;
    controller.abort();
  };
  const onAbort = (): void => cut('aborted');
  let waitedMs = 0;
  let receivedBytes = 0;
  let isSending = false;
  const onIdle = (): void => {
    if (isWaiting && !isApart) cut(isSending ? 'stalled' : 'idle');
  };
  const notice = onSilence && setTimeout(() => isWaiting && !isApart && onSilence(), noticeMs).unref();
  let idle = setTimeout(onIdle, idleTimeoutMs).unref();
  let deadline: NodeJS.Timeout | undefined;
  const restart = (): void => {
    idle.refresh();
    notice?.refresh();
  };
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
      const start = performance.now();
      isWaiting = true;
      restart();
      try {
        return await operation;
      } finally {
        isWaiting = false;
        waitedMs += performance.now() - start;
      }
    },
    received(bytes) {
      receivedBytes += bytes;
      if (waitedMs < idleTimeoutMs) return;
      if (receivedBytes < (waitedMs / 1000) * FLOOR_BYTES_PER_SECOND) cut('slow');
      waitedMs = 0;
      receivedBytes = 0;
    },
    async apart(operation) {
      isApart = true;
      try {
        return await operation;
      } finally {
        isApart = false;
        isSending = true;
        restart();
      }
    },
    sent: restart,
    allow(milliseconds) {
      isSending = false;
      clearTimeout(idle);
      idle = setTimeout(onIdle, idleTimeoutMs + milliseconds).unref();
    },
    startDeadline() {
      if (deadlineMs !== undefined) deadline = setTimeout(() => cut('deadline'), deadlineMs).unref();
    },
    stop() {
      clearTimeout(notice);
      clearTimeout(idle);
      clearTimeout(deadline);
      signal?.removeEventListener('abort', onAbort);
    },
  };
}
