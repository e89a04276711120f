// The health of a container, made from the results of its probes (moby daemon/health.go). Pure.
// Invariant: the same results give the same health, so that it needs no file of its own.
import type { Healthcheck } from '../container-record.js';

export interface HealthSettings {
  readonly intervalMs: number;
  readonly timeoutMs: number;
  readonly startPeriodMs: number;
  readonly startIntervalMs: number;
  readonly retries: number;
}

export interface ProbeResult {
  /** Milliseconds since 1970. */
  readonly start: number;
  readonly end: number;
  /** -1 for a probe that did not end in time. */
  readonly exitCode: number;
  readonly output: string;
}

export interface Health {
  readonly status: 'starting' | 'healthy' | 'unhealthy';
  readonly failingStreak: number;
  /** The last five. */
  readonly log: readonly ProbeResult[];
}

const NANOSECONDS_PER_MS = 1e6;
const DEFAULTS: HealthSettings = {
  intervalMs: 30_000,
  timeoutMs: 30_000,
  startPeriodMs: 0,
  startIntervalMs: 5000,
  retries: 3,
};
const LOG_LENGTH = 5;
const STARTING: Health = { status: 'starting', failingStreak: 0, log: [] };

/** Milliseconds, docker's defaults filled in. */
export function healthSettings(check: Healthcheck): HealthSettings {
  const ms = (nanoseconds: number | undefined, otherwise: number) =>
    nanoseconds ? nanoseconds / NANOSECONDS_PER_MS : otherwise;
  return {
    intervalMs: ms(check.interval, DEFAULTS.intervalMs),
    timeoutMs: ms(check.timeout, DEFAULTS.timeoutMs),
    startPeriodMs: ms(check.startPeriod, DEFAULTS.startPeriodMs),
    startIntervalMs: ms(check.startInterval, DEFAULTS.startIntervalMs),
    retries: check.retries || DEFAULTS.retries,
  };
}

/**
 * The command of a probe; undefined when there is none.
 * @param shell of the image, for `CMD-SHELL`
 */
export function probeCommand(
  check: Healthcheck | undefined,
  shell: readonly string[],
): readonly string[] | undefined {
  const [kind, ...words] = check?.test ?? [];
  if (kind === 'CMD' && words.length > 0) return words;
  return kind === 'CMD-SHELL' && words.length > 0 ? [...shell, ...words] : undefined;
}

/** What a probe that was ended is said to have printed. */
export function timeoutOutput(settings: HealthSettings): string {
  return `Health check exceeded timeout (${goDuration(settings.timeoutMs)})`;
}

/** Failures within the start period do not count until the first success. @param startedAt milliseconds since 1970 */
export function healthOf(
  settings: HealthSettings,
  startedAt: number,
  results: readonly ProbeResult[],
): Health {
  return results.reduce((health, result) => afterProbe(settings, startedAt, health, result), STARTING);
}

export interface HealthChange {
  readonly status: 'healthy' | 'unhealthy';
  /** The end of the check that changed it; milliseconds since 1970. */
  readonly at: number;
}

/**
 * In their order. The oldest results of a long run are gone: what they changed is not told, nor is the health that they
 * left as a change.
 */
export function healthChanges(
  settings: HealthSettings,
  startedAt: number,
  results: readonly ProbeResult[],
): readonly HealthChange[] {
  const changes: HealthChange[] = [];
  const [first] = results;
  let health = first && isFirstOfRun(settings, startedAt, first) ? STARTING : unknownBefore(first);
  for (const result of results) {
    const next = afterProbe(settings, startedAt, health, result);
    if (next.status !== health.status && next.status !== 'starting')
      changes.push({ status: next.status, at: result.end });
    health = next;
  }
  return changes;
}

/** More than a check begins late on a machine that is busy. */
const LATE_MS = 10_000;

function isFirstOfRun(
  { intervalMs, startIntervalMs }: HealthSettings,
  startedAt: number,
  { start }: ProbeResult,
): boolean {
  return start - startedAt <= Math.max(intervalMs, startIntervalMs) + LATE_MS;
}

function unknownBefore(first: ProbeResult | undefined): Health {
  return { ...STARTING, status: first?.exitCode === 0 ? 'healthy' : 'unhealthy' };
}

/** The health after one more result. */
function afterProbe(
  { startPeriodMs, retries }: HealthSettings,
  startedAt: number,
  { status, failingStreak, log }: Health,
  result: ProbeResult,
): Health {
  const newLog = [...log, result].slice(-LOG_LENGTH);
  if (result.exitCode === 0) return { status: 'healthy', failingStreak: 0, log: newLog };
  const isInStartPeriod = status === 'starting' && result.start - startedAt < startPeriodMs;
  if (isInStartPeriod) return { status, failingStreak, log: newLog };
  const streak = failingStreak + 1;
  return { status: streak >= retries ? 'unhealthy' : status, failingStreak: streak, log: newLog };
}

/** How long to wait from the end of a probe, or the start of the container, to the next probe. */
export function nextProbeDelayMs(
  { intervalMs, startPeriodMs, startIntervalMs }: HealthSettings,
  {
    status,
    now,
    startedAt,
  }: { readonly status: Health['status']; readonly now: number; readonly startedAt: number },
): number {
  const isInStartPeriod = status === 'starting' && now - startedAt < startPeriodMs;
  return isInStartPeriod ? startIntervalMs : intervalMs;
}

/** As Go prints a duration: `1m30s`, `500ms`, `1.5s`. */
function goDuration(ms: number): string {
  if (ms < 1000) return `${ms}ms`;
  const hours = Math.floor(ms / 3_600_000);
  const minutes = Math.floor(ms / 60_000) % 60;
  const seconds = `${(ms % 60_000) / 1000}s`;
  if (hours > 0) return `${hours}h${minutes}m${seconds}`;
  return minutes > 0 ? `${minutes}m${seconds}` : seconds;
}
