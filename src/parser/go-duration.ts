// Durations as Go's time.ParseDuration reads them: `1m30s`, `1.5h`, `300ms`.
import { GO_UNITS } from '../core/go-duration.js';
import { goQuote } from './go-quote.js';
import { syntaxError } from './syntax-error.js';

const PART = /^(\d*)(\.\d*)?([^\d.]*)/;
const MAX = 2 ** 63;

/** Nanoseconds. @throws TsbuildError DOCKERFILE_SYNTAX with the words of the Go library */
export function parseGoDuration(text: string): number {
  const invalid = (): never => {
    throw syntaxError(`time: invalid duration ${goQuote(text)}`);
  };
  const sign = text.startsWith('-') ? -1 : 1;
  let rest = text.replace(/^[+-]/, '');
  if (rest === '0') return 0;
  if (rest === '') invalid();
  let total = 0;
  while (rest !== '') {
    const [whole, digits = '', fraction = '', unit = ''] = PART.exec(rest)!;
    if (digits === '' && (fraction === '' || fraction === '.')) invalid();
    if (unit === '') throw syntaxError(`time: missing unit in duration ${goQuote(text)}`);
    if (!Object.hasOwn(GO_UNITS, unit))
      throw syntaxError(`time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`);
    total += Number(`${digits || '0'}${fraction}`) * GO_UNITS[unit]!;
    rest = rest.slice(whole.length);
  }
  if (total >= MAX) invalid();
  return sign * Math.trunc(total);
}
