// `--health-cmd`, `--health-interval` and the like, `--no-healthcheck`: the members of a health check that are asked.
import { TsbuildError } from '../../core/errors.js';
import { parseGoDuration } from '../../core/go-duration.js';
import type { ContainerRequest } from '../../index.js';

type AskedHealthcheck = NonNullable<ContainerRequest['healthcheck']>;

export interface HealthFlags {
  readonly command?: string | undefined;
  readonly interval?: string | undefined;
  readonly timeout?: string | undefined;
  readonly startPeriod?: string | undefined;
  readonly startInterval?: string | undefined;
  readonly retries?: string | undefined;
  readonly isOff: boolean;
}

const LEAST_NANOSECONDS = 1_000_000;

/** Undefined when nothing is asked. @throws TsbuildError OPTION_INVALID, OPTION_CONFLICT */
export function parseHealth({
  isOff,
  command,
  retries,
  ...durations
}: HealthFlags): AskedHealthcheck | undefined {
  const found: AskedHealthcheck = {
    ...(command && { test: ['CMD-SHELL', command] }),
    ...durationOf('interval', '--health-interval', durations.interval),
    ...durationOf('timeout', '--health-timeout', durations.timeout),
    ...durationOf('startPeriod', '--health-start-period', durations.startPeriod),
    ...durationOf('startInterval', '--health-start-interval', durations.startInterval),
    ...retriesOf(retries),
  };
  const isAsked = Object.keys(found).length > 0;
  if (isOff && isAsked)
    throw new TsbuildError('OPTION_CONFLICT', '--no-healthcheck conflicts with --health-* options');
  if (isOff) return { test: ['NONE'] };
  return isAsked ? found : undefined;
}

function durationOf<Name extends keyof AskedHealthcheck>(
  name: Name,
  option: string,
  text: string | undefined,
): { readonly [N in Name]?: number } {
  if (text === undefined) return {};
  const nanoseconds = parseGoDuration(text);
  if (nanoseconds === undefined)
    throw invalid(`invalid argument ${JSON.stringify(text)} for "${option}": invalid duration`);
  if (nanoseconds < 0) throw invalid(`${option} cannot be negative`);
  if (nanoseconds > 0 && nanoseconds < LEAST_NANOSECONDS) throw invalid(`${option} cannot be less than 1ms`);
  return nanoseconds === 0 ? {} : ({ [name]: nanoseconds } as Record<Name, number>);
}

function retriesOf(text: string | undefined): AskedHealthcheck {
  if (text === undefined) return {};
  if (/^-\d+$/.test(text)) throw invalid('--health-retries cannot be negative');
  if (!/^\d{1,9}$/.test(text))
    throw invalid(`invalid argument ${JSON.stringify(text)} for "--health-retries"`);
  return Number(text) === 0 ? {} : { retries: Number(text) };
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', message, { hint: 'write a duration such as 30s or 1m30s' });
}
