// One line of CSV as Go's csvvalue reads the values of --output, --secret and the like: commas part fields, a field may
// be quoted, two quotes inside of quotes are one.
import { TsbuildError } from './errors.js';

/** @throws TsbuildError OPTION_INVALID on a stray or unclosed quote */
export function parseCsvFields(text: string, option: string): string[] {
  const fields: string[] = [];
  let rest = text;
  for (;;) {
    const match = /^"((?:[^"]|"")*)"(?=,|$)|^([^",]*)(?=,|$)/.exec(rest);
    if (!match) throw badQuote(text, option);
    fields.push(match[1] === undefined ? match[2]! : match[1].replaceAll('""', '"'));
    if (match[0].length === rest.length) return fields;
    rest = rest.slice(match[0].length + 1);
  }
}

/**
 * `key=value` fields, keys in lower case, in order.
 * @throws TsbuildError OPTION_INVALID `invalid value F` when a field has no `=`
 */
export function parseCsvPairs(text: string, option: string): (readonly [key: string, value: string])[] {
  return parseCsvFields(text, option).map((field) => {
    const equals = field.indexOf('=');
    if (equals < 0) {
      throw new TsbuildError(
        'OPTION_INVALID',
        `invalid value ${field} for ${option}: must be a key=value pair`,
      );
    }
    return [field.slice(0, equals).trim().toLowerCase(), field.slice(equals + 1)];
  });
}

function badQuote(text: string, option: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `invalid value ${text} for ${option}: stray or unclosed quote`, {
    hint: 'quote the whole field: "dest=a,b"',
  });
}
