// Times in PAX records: decimal seconds with a fraction, to the nanosecond (Go's parsePAXTime and formatPAXTime).
import { TsbuildError } from '../../core/errors.js';

export interface PaxTime {
  /** Whole seconds, rounded down. */
  readonly mtime: number;
  /** 0..999999999 */
  readonly mtimeNsec: number;
}

const SECOND = 1_000_000_000;

/** @throws TsbuildError LAYER_INVALID */
export function parsePaxTime(text: string): PaxTime {
  const match = /^([+-]?)([0-9]+)(?:\.([0-9]*))?$/.exec(text);
  const seconds = Number(match?.[2] ?? NaN);
  if (!match || !Number.isSafeInteger(seconds)) {
    throw new TsbuildError('LAYER_INVALID', `tar: ${JSON.stringify(text.slice(0, 50))} is not a time`);
  }
  const nanos = Number((match[3] ?? '').slice(0, 9).padEnd(9, '0'));
  if (match[1] !== '-') return { mtime: seconds, mtimeNsec: nanos };
  return nanos === 0
    ? { mtime: 0 - seconds, mtimeNsec: 0 }
    : { mtime: -seconds - 1, mtimeNsec: SECOND - nanos };
}

export function formatPaxTime({ mtime, mtimeNsec }: PaxTime): string {
  if (mtimeNsec === 0) return String(mtime);
  const isNegative = mtime < 0;
  const seconds = isNegative ? -mtime - 1 : mtime;
  const nanos = isNegative ? SECOND - mtimeNsec : mtimeNsec;
  return `${isNegative ? '-' : ''}${seconds}.${String(nanos).padStart(9, '0').replace(/0+$/, '')}`;
}
