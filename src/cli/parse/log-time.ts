// `--since` and `--until`: how long ago, a time, or seconds since 1970 (moby api/types/time GetTimestamp).
import { parseGoDuration } from '../../core/go-duration.js';
import { TsbuildError } from '../../core/errors.js';

const TIME =
  /^(\d{4}-\d{2}-\d{2})(?:T(\d{2}(?::\d{2}(?::\d{2}(?:\.(\d{1,9}))?)?)?)(Z|[+-]\d{2}:\d{2})?)?(Z|[+-]\d{2}:\d{2})?$/;
const SECONDS = /^(\d+)(?:\.(\d{1,9}))?$/;

/**
 * Nanoseconds since 1970. A time without a zone is local.
 * @param now seconds since 1970
 * @throws TsbuildError OPTION_INVALID
 */
export function parseLogTime(text: string, option: string, now: number): bigint {
  const [, seconds, fraction = ''] = SECONDS.exec(text) ?? [];
  if (seconds !== undefined) return BigInt(seconds) * 1_000_000_000n + fractionOf(fraction);
  const ago = parseGoDuration(text);
  if (ago !== undefined) return BigInt(Math.round(now * 1e9 - ago));
  const time = parseTime(text);
  if (time !== undefined) return time;
  throw new TsbuildError(
    'OPTION_INVALID',
    `invalid value for "${option}": ${JSON.stringify(text)} is no time`,
    {
      hint: 'write 10m for ten minutes ago, or a time such as 2026-01-02T15:04:05Z',
    },
  );
}

function parseTime(text: string): bigint | undefined {
  const [, day, clock = '00:00:00', fraction = '', zone, dayZone] = TIME.exec(text) ?? [];
  if (day === undefined) return undefined;
  const whole = `${clock.split('.')[0]}:00:00`.slice(0, 8);
  const ms = Date.parse(`${day}T${whole}${zone ?? dayZone ?? ''}`);
  return Number.isNaN(ms) ? undefined : BigInt(ms) * 1_000_000n + fractionOf(fraction);
}

function fractionOf(digits: string): bigint {
  return BigInt(digits.padEnd(9, '0'));
}
