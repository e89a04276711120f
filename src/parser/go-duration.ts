// Durations as Go's time.ParseDuration reads them: `1m30s`, `1.5h`, `300ms`.
import { goQuote } from './go-quote.js';
import { syntaxError } from './syntax-error.js';

const UNITS: Readonly<Record<string, number>> = {
  ns: 1,
  us: 1e3,
  µs: 1e3,
  μs: 1e3,
  ms: 1e6,
  s: 1e9,
  m: 60e9,
  h: 3600e9,
};
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
    if (!Object.hasOwn(UNITS, unit))
      throw syntaxError(`time: unknown unit ${goQuote(unit)} in duration ${goQuote(text)}`);
    total += Number(`${digits || '0'}${fraction}`) * UNITS[unit]!;
    rest = rest.slice(whole.length);
  }
  if (total >= MAX) invalid();
  return sign * Math.trunc(total);
}
