// `--label KEY[=VALUE]`; without `=` the value is empty (docker/cli opts ConvertKVStringsToMap).
import { TsbuildError } from '../../core/errors.js';

/** @throws TsbuildError OPTION_INVALID when the key is empty */
export function parseLabel(text: string): readonly [key: string, value: string] {
  const equals = text.indexOf('=');
  const key = equals < 0 ? text : text.slice(0, equals);
  if (key.trim() === '')
    throw new TsbuildError('OPTION_INVALID', `invalid label ${JSON.stringify(text)}: empty name`);
  return [key, equals < 0 ? '' : text.slice(equals + 1)];
}
