// Durations in options, as Go writes them: `90s`, `1m30s`, `1.5h`; a number alone is seconds.
import { TsbuildError } from '../../core/errors.js';

const SECONDS: Readonly<Record<string, number>> = { ms: 0.001, s: 1, m: 60, h: 3600 };
const WHOLE = /^(?:\d+(?:\.\d+)?(?:ms|s|m|h))+$/;
const PART = /(\d+(?:\.\d+)?)(ms|s|m|h)/g;

/** Seconds, more than 0. @throws TsbuildError OPTION_INVALID */
export function parseSeconds(text: string, what: string): number {
  const seconds = /^\d+$/.test(text) ? Number(text) : sumOf(text);
  if (seconds > 0) return seconds;
  throw new TsbuildError('OPTION_INVALID', `${what}: ${JSON.stringify(text)} is no duration`, {
    hint: 'write for instance 90s, 5m or 1h30m',
  });
}

function sumOf(text: string): number {
  if (!WHOLE.test(text)) return 0;
  return [...text.matchAll(PART)].reduce((sum, [, count, unit]) => sum + Number(count) * SECONDS[unit!]!, 0);
}
