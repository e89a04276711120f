// A `.env` file beside a compose file (compose-spec, .env): NAME=VALUE lines, `export`, quotes, comments.
import { interpolate, type LookUp } from './interpolate.js';

const LINE =
  /^[ \t]*(?:export[ \t]+)?([a-zA-Z_][\w.]*)[ \t]*=[ \t]*(?:"((?:\\[^]|[^"\\])*)"|'([^']*)'|([^\n]*))/gm;
const ESCAPES: Readonly<Record<string, string>> = {
  n: '\n',
  r: '\r',
  t: '\t',
  '"': '"',
  '\\': '\\',
  $: '$$',
};

/** @param outside wins over the file. @throws TsbuildError BAKE_INVALID */
export function parseDotenv(text: string, outside: LookUp): ReadonlyMap<string, string> {
  const found = new Map<string, string>();
  const lookUp: LookUp = (name) => outside(name) ?? found.get(name);
  for (const [, name, double, single, bare] of text.replaceAll('\r\n', '\n').matchAll(LINE)) {
    if (single !== undefined) found.set(name!, single);
    else if (double !== undefined)
      found.set(
        name!,
        interpolate(
          double.replace(/\\([^])/g, (whole, sign: string) => ESCAPES[sign] ?? whole),
          lookUp,
        ),
      );
    else found.set(name!, interpolate(bare!.replace(/(?:^|[ \t])#.*$/, '').trim(), lookUp));
  }
  return found;
}
