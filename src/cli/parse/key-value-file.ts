// Files of `NAME=VALUE` lines for --env-file and --label-file (docker/cli pkg/kvfile). Pure.
// No quotes, no escapes and no expansion: a value is what stands behind `=`, blanks at its end too.
import { TsbuildError } from '../../core/errors.js';

const MOST_LINE_BYTES = 64 * 1024;

/**
 * `NAME=VALUE` in the order of the file. A name alone takes its value from `lookUp`, and is left out when that has
 * none.
 * @param name of the file, for messages
 * @throws TsbuildError OPTION_INVALID with the line
 */
export function parseKeyValueFile(
  bytes: Uint8Array,
  { name, lookUp }: { readonly name: string; readonly lookUp: (key: string) => string | undefined },
): readonly string[] {
  const lines = decode(bytes, name).split('\n');
  return lines.flatMap((line, index) => {
    const place = `${name}, line ${index + 1}`;
    if (Buffer.byteLength(line) > MOST_LINE_BYTES) throw invalid(`${place}: the line is longer than 64 KiB`);
    const text = line.replace(/\r$/, '').trimStart();
    if (text === '' || text.startsWith('#')) return [];
    return variableOf(text, place, lookUp);
  });
}

function variableOf(
  text: string,
  place: string,
  lookUp: (key: string) => string | undefined,
): readonly string[] {
  const equals = text.indexOf('=');
  const key = equals < 0 ? text : text.slice(0, equals);
  if (key === '') throw invalid(`${place}: no variable name on line '${text}'`);
  if (/\s/.test(key)) throw invalid(`${place}: variable '${key}' contains whitespaces`);
  if (equals >= 0) return [text];
  const value = lookUp(key);
  return value === undefined ? [] : [`${key}=${value}`];
}

function decode(bytes: Uint8Array, name: string): string {
  try {
    return new TextDecoder('utf-8', { fatal: true }).decode(bytes);
  } catch {
    throw invalid(`${name} contains bytes that are no UTF-8`);
  }
}

function invalid(message: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', message, { hint: 'write one NAME=VALUE a line' });
}
