// Whether and when a container is started again after its end (moby restartmanager/restartmanager.go). Pure.
import type { RestartPolicy } from '../container-record.js';

export interface EndedRun {
  readonly exitCode: number;
  /** How long it ran. */
  readonly ranMs: number;
  /** By `stop` or `kill`: then only a `start` starts it again. */
  readonly isStoppedByUser: boolean;
  /** It did not start: the program was not found or could not be executed. */
  readonly isFailedStart: boolean;
}

/** What is kept from one run to the next. */
export interface RestartHistory {
  /** Starts again since the last `start`. */
  readonly count: number;
  /** 0 before the first. */
  readonly lastDelayMs: number;
}

export type NextRestart =
  | { readonly kind: 'stop' }
  | { readonly kind: 'restart'; readonly delayMs: number; readonly history: RestartHistory };

export const NO_RESTARTS: RestartHistory = { count: 0, lastDelayMs: 0 };

const FIRST_DELAY_MS = 100;
const LONGEST_DELAY_MS = 60_000;
/** A run of this length was a success: the delay begins anew. */
const LONG_RUN_MS = 10_000;

/** The delay doubles with each short run. */
export function nextRestart(policy: RestartPolicy, history: RestartHistory, run: EndedRun): NextRestart {
  if (run.isStoppedByUser || run.isFailedStart || !isWanted(policy, history, run)) return { kind: 'stop' };
  const isFirst = history.lastDelayMs === 0 || run.ranMs >= LONG_RUN_MS;
  const delayMs = isFirst ? FIRST_DELAY_MS : Math.min(history.lastDelayMs * 2, LONGEST_DELAY_MS);
  return { kind: 'restart', delayMs, history: { count: history.count + 1, lastDelayMs: delayMs } };
}

function isWanted(
  { name, maximumRetries }: RestartPolicy,
  { count }: RestartHistory,
  { exitCode }: EndedRun,
): boolean {
  if (name !== 'on-failure') return name !== 'no';
  return exitCode !== 0 && (maximumRetries === 0 || count < maximumRetries);
}
