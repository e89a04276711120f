// SOURCE_DATE_EPOCH as a build argument or as the default of a global ARG.
import { TsbuildError } from '../core/errors.js';

/** Seconds since the epoch, undefined when unset or empty. @throws TsbuildError OPTION_INVALID `invalid SOURCE_DATE_EPOCH: x` */
export function parseSourceDateEpoch(text: string | undefined): number | undefined {
  if (text === undefined || text === '') return undefined;
  const seconds = Number(text);
  if (!/^-?\d+$/.test(text) || !Number.isSafeInteger(seconds) || Math.abs(seconds) > 8.64e12)
    throw new TsbuildError('OPTION_INVALID', `invalid SOURCE_DATE_EPOCH: ${text}`, {
      hint: 'give whole seconds since 1970-01-01T00:00:00Z',
    });
  return seconds;
}
