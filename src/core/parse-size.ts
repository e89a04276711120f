// Sizes as docker reads them (go-units RAMInBytes): `64m`, `1.5g`, `1GiB`, plain bytes; units are powers of 1024.
import { TsbuildError } from './errors.js';

const UNITS = 'kmgtp';

/** Bytes. @throws TsbuildError OPTION_INVALID `invalid size: 'X'` */
export function parseSize(text: string, option: string): number {
  const match = /^(\d+(?:\.\d+)?) ?([kmgtp])?i?b?$/i.exec(text);
  const bytes = match
    ? Math.floor(Number(match[1]) * 1024 ** (UNITS.indexOf(match[2]?.toLowerCase() ?? '?') + 1))
    : NaN;
  if (Number.isSafeInteger(bytes)) return bytes;
  throw new TsbuildError('OPTION_INVALID', `invalid size: '${text}' for ${option}`, {
    hint: 'write a number with b, k, m or g',
  });
}
