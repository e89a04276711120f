// When to send the same request again and how long to wait: exponential back-off with jitter, or what Retry-After asks
// for.
// Invariant: bounded in number and in time; only for requests that may be sent twice.
import { setTimeout as delay } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';
import { isTransientFailure } from './network-failure.js';

export interface RetryPolicy {
  /** Requests in all, the first one included. */
  readonly attempts: number;
  readonly baseDelayMs: number;
  readonly maxDelayMs: number;
  /** A Retry-After beyond this is not waited for. */
  readonly maxRetryAfterMs: number;
  readonly sleep: (milliseconds: number, signal: AbortSignal | undefined) => Promise<void>;
  /** Seconds since the epoch. */
  readonly now: () => number;
}

export interface Answer {
  readonly status: number;
  readonly headers: { get(name: string): string | null };
  discard(): Promise<void>;
}

/**
 * Those that go-containerregistry tries again (pkg/v1/remote/options.go: 408, 429, 499, 500, 502, 503, 504, 522), the
 * rest of Cloudflare's words for an origin that does not answer, and 425 (RFC 8470).
 */
const TRANSIENT_STATUS = new Set([408, 425, 429, 499, 500, 502, 503, 504, 520, 521, 522, 523, 524]);

/** Whether the same request may succeed later. */
export function isTransientStatus(status: number): boolean {
  return TRANSIENT_STATUS.has(status);
}

/** @throws TsbuildError ABORTED */
export async function sleep(milliseconds: number, signal: AbortSignal | undefined): Promise<void> {
  try {
    await delay(milliseconds, undefined, signal ? { signal } : {});
  } catch (error) {
    throw new TsbuildError('ABORTED', 'canceled', { cause: error });
  }
}

/** The wait before attempt `attempt + 1`, between half of and the full exponential step. */
export function backOffMs(policy: RetryPolicy, attempt: number): number {
  const step = Math.min(policy.maxDelayMs, policy.baseDelayMs * 2 ** (attempt - 1));
  return step * (0.5 + Math.random() / 2);
}

/** RFC 9110 section 10.2.3: seconds or a date; undefined when absent or not understood. `now` in seconds. */
function parseRetryAfterMs(value: string | null, now: number): number | undefined {
  if (value === null) return undefined;
  if (/^\s*\d{1,9}\s*$/.test(value)) return Number(value) * 1000;
  const date = Date.parse(value);
  return Number.isNaN(date) ? undefined : Math.max(0, date - now * 1000);
}

/**
 * The wait before attempt `attempt + 1` after this answer; undefined when it asks for more patience than there is.
 * What Retry-After asks for is lengthened by up to a tenth, so that many clients do not come back at once.
 */
export function pauseAfter(
  answer: Pick<Answer, 'headers'>,
  policy: RetryPolicy,
  attempt: number,
): number | undefined {
  const asked = parseRetryAfterMs(answer.headers.get('retry-after'), policy.now());
  if (asked === undefined) return backOffMs(policy, attempt);
  return asked > policy.maxRetryAfterMs ? undefined : asked * (1 + Math.random() / 10);
}

function pauseFor(answer: Answer, policy: RetryPolicy, attempt: number): number | undefined {
  return isTransientStatus(answer.status) ? pauseAfter(answer, policy, attempt) : undefined;
}

/**
 * Runs `operation` until it gives an answer that is worth keeping or the attempts are used up; then the last answer is
 * given, or the last failure thrown.
 */
export async function withRetries<T extends Answer>(
  policy: RetryPolicy,
  signal: AbortSignal | undefined,
  operation: () => Promise<T>,
): Promise<T> {
  for (let attempt = 1; ; attempt++) {
    const isLast = attempt >= policy.attempts;
    let pauseMs: number;
    try {
      const answer = await operation();
      const pause = isLast ? undefined : pauseFor(answer, policy, attempt);
      if (pause === undefined) return answer;
      pauseMs = pause;
      await answer.discard();
    } catch (error) {
      if (isLast || !isTransientFailure(error)) throw error;
      pauseMs = backOffMs(policy, attempt);
    }
    await policy.sleep(pauseMs, signal);
  }
}
