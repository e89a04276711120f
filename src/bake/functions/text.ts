// Functions of texts (cty's function/stdlib, string.go, format.go and regexp.go).
import type { HclFunction } from '../hcl/evaluate.js';
import { objectOf, textOf, type Value } from '../hcl/values.js';
import { argumentsOf, refuse } from './arguments.js';
import { format } from './format.js';

const ofText =
  (change: (text: string) => Value): HclFunction =>
  (...args) =>
    change(argumentsOf(args, 1).text(0));

const ofTwoTexts =
  (change: (text: string, other: string) => Value): HclFunction =>
  (...args) => {
    const given = argumentsOf(args, 2);
    return change(given.text(0), given.text(1));
  };

/** What a reader sees as one sign. */
function graphemes(text: string): string[] {
  return [...new Intl.Segmenter('en', { granularity: 'grapheme' }).segment(text)].map(
    ({ segment }) => segment,
  );
}

/** Go's syntax of names of groups, and flags at the beginning. */
function regexpOf(pattern: string, flags: string): RegExp {
  const [, own = '', body = ''] = /^(?:\(\?([ims]+)\))?([^]*)$/.exec(pattern)!;
  try {
    return new RegExp(body.replaceAll('(?P<', '(?<'), `${own}${flags}u`);
  } catch (error) {
    return refuse(`${JSON.stringify(pattern)} is no regular expression: ${(error as Error).message}`);
  }
}

/** Named groups give an object, unnamed ones a list, and without groups it is the text itself. */
function matchOf(match: RegExpExecArray | RegExpMatchArray): Value {
  if (match.groups)
    return objectOf(Object.entries(match.groups).map(([name, text]) => [name, text ?? null] as const));
  return match.length > 1 ? match.slice(1).map((text) => text ?? null) : match[0];
}

function trimmed(text: string, cutset: string): string {
  const cut = new Set(cutset);
  const chars = [...text];
  const from = chars.findIndex((char) => !cut.has(char));
  return from < 0 ? '' : chars.slice(from, chars.findLastIndex((char) => !cut.has(char)) + 1).join('');
}

export const TEXT_FUNCTIONS: Readonly<Record<string, HclFunction>> = {
  upper: ofText((text) => text.toUpperCase()),
  lower: ofText((text) => text.toLowerCase()),
  title: ofText((text) =>
    text.replace(/(^|[\s])(\p{L})/gu, (_, before: string, letter: string) => before + letter.toUpperCase()),
  ),
  chomp: ofText((text) => text.replace(/(?:\r?\n)+$/, '')),
  trimspace: ofText((text) => text.trim()),
  reverse: ofText((text) => graphemes(text).reverse().join('')),
  strlen: ofText((text) => graphemes(text).length),
  byteslen: ofText((text) => Buffer.byteLength(text)),
  basename: ofText((path) => path.replace(/(?<=.)\/+$/, '').replace(/^.*\/(?=.)/s, '') || '.'),
  dirname: ofText((path) =>
    path.includes('/') ? path.replace(/\/[^/]*$/, '').replace(/\/+$/, '') || '/' : '.',
  ),
  sanitize: ofText((name) => name.replace(/[^a-zA-Z0-9_-]/gu, '_')),
  trim: ofTwoTexts(trimmed),
  trimprefix: ofTwoTexts((text, prefix) => (text.startsWith(prefix) ? text.slice(prefix.length) : text)),
  trimsuffix: ofTwoTexts((text, suffix) =>
    suffix !== '' && text.endsWith(suffix) ? text.slice(0, -suffix.length) : text,
  ),
  split: ofTwoTexts((separator, text) => text.split(separator)),
  regex: ofTwoTexts((pattern, text) => {
    const match = regexpOf(pattern, '').exec(text);
    return match ? matchOf(match) : refuse('the pattern matches nothing');
  }),
  regexall: ofTwoTexts((pattern, text) => [...text.matchAll(regexpOf(pattern, 'g'))].map(matchOf)),
  replace(...args) {
    const given = argumentsOf(args, 3);
    return given.text(0).replaceAll(given.text(1), () => given.text(2));
  },
  regex_replace(...args) {
    const given = argumentsOf(args, 3);
    const insert = given.text(2).replace(/\$\{(\w+)\}|\$(\w+)/g, (_, braced?: string, bare?: string) => {
      const name = braced ?? bare!;
      return /^\d+$/.test(name) ? `$${name}` : `$<${name}>`;
    });
    return given.text(0).replace(regexpOf(given.text(1), 'g'), insert);
  },
  join(...args) {
    if (args.length === 0) refuse('it takes a separator and lists');
    const given = argumentsOf(args, 2, Infinity);
    const items = args.slice(1).flatMap((_, index) => given.list(index + 1));
    return items.map((item) => textOf(item) ?? refuse('the lists must hold texts')).join(given.text(0));
  },
  substr(...args) {
    const given = argumentsOf(args, 3);
    const signs = graphemes(given.text(0));
    const [offset, length] = [given.whole(1), given.whole(2)];
    const from = offset < 0 ? Math.max(0, signs.length + offset) : offset;
    return signs.slice(from, length < 0 ? undefined : from + length).join('');
  },
  indent(...args) {
    const given = argumentsOf(args, 2);
    return given.text(1).replaceAll('\n', `\n${' '.repeat(Math.max(0, given.whole(0)))}`);
  },
  format(...args) {
    return format(argumentsOf(args, 1, Infinity).text(0), args.slice(1));
  },
  formatlist(...args) {
    const pattern = argumentsOf(args, 1, Infinity).text(0);
    const lists = args.slice(1);
    const length = Math.max(...lists.map((list) => (Array.isArray(list) ? list.length : 1)), 1);
    return Array.from({ length }, (_, index) =>
      format(
        pattern,
        lists.map((list) => (Array.isArray(list) ? ((list as Value[])[index] ?? null) : list)),
      ),
    );
  },
};
