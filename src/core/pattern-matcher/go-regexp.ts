// The subset of Go's regular expression syntax (RE2, `regexp/syntax`, Perl flags) that patternmatcher can produce, as
// tokens whose sets are JavaScript classes. The dialects differ in escapes, classes and `.`, and users' patterns reach
// all three.
import { complement, literal, PERL_CLASS, POSIX_CLASS, rangeText, type Range } from './char-ranges.js';

const CONTROL: Readonly<Record<string, number>> = { a: 7, f: 12, n: 10, r: 13, t: 9, v: 11 };

/**
 * One element of an expression. Sets are JavaScript classes (`[...]`, `\u{61}`, `\p{L}`) that match one code point
 * under the `u` flag.
 */
export type RegexpToken =
  | { readonly kind: 'one' | 'star'; readonly set: string }
  /** `(.*\/)?`: nothing, or anything that ends with a slash. */
  | { readonly kind: 'directories' }
  | { readonly kind: 'assertion'; readonly text: '^' | '$' | '\\b' | '\\B' };

class BadPattern extends Error {}

/** undefined when Go's regexp.Compile would refuse the expression. */
export function parseGoRegexp(source: string): readonly RegexpToken[] | undefined {
  try {
    return takeTokens({ chars: [...source], at: 0 });
  } catch (error) {
    if (error instanceof BadPattern) return undefined;
    throw error;
  }
}

interface Cursor {
  readonly chars: readonly string[];
  at: number;
}

const DIRECTORIES = '(.*/)?';

function takeTokens(cursor: Cursor): RegexpToken[] {
  const tokens: RegexpToken[] = [];
  while (cursor.at < cursor.chars.length) {
    if (cursor.chars[cursor.at] === '(') tokens.push(takeDirectories(cursor));
    else tokens.push(...takeAtoms(cursor));
  }
  return tokens;
}

function takeDirectories(cursor: Cursor): RegexpToken {
  const end = cursor.at + DIRECTORIES.length;
  if (cursor.chars.slice(cursor.at, end).join('') !== DIRECTORIES) throw new BadPattern();
  cursor.at = end;
  return { kind: 'directories' };
}

/** An atom with its `*`, if any; several only for `\Q...\E`. */
function takeAtoms(cursor: Cursor): readonly RegexpToken[] {
  const char = cursor.chars[cursor.at++]!;
  if (char === '^' || char === '$') return [{ kind: 'assertion', text: char }];
  if (char === '\\') {
    const special = takeQuoted(cursor) ?? takeAssertion(cursor);
    if (special) return special;
  }
  const set = takeSet(cursor, char);
  const isRepeated = cursor.chars[cursor.at] === '*';
  if (isRepeated) cursor.at++;
  return [{ kind: isRepeated ? 'star' : 'one', set }];
}

function takeSet(cursor: Cursor, char: string): string {
  if (char === '\\') return takeEscapedClass(cursor) ?? literal(takeEscapedChar(cursor));
  if (char === '[') return takeClass(cursor);
  if (char === '.') return '[^\\n]';
  return literal(char.codePointAt(0)!);
}

function takeAssertion(cursor: Cursor): readonly RegexpToken[] | undefined {
  const assertions = { A: '^', z: '$', b: '\\b', B: '\\B' } as const;
  const char = cursor.chars[cursor.at];
  if (char !== 'A' && char !== 'z' && char !== 'b' && char !== 'B') return undefined;
  cursor.at++;
  return [{ kind: 'assertion', text: assertions[char] }];
}

/** `\Q...\E`: everything between is literal. */
function takeQuoted(cursor: Cursor): readonly RegexpToken[] | undefined {
  if (cursor.chars[cursor.at] !== 'Q') return undefined;
  const rest = cursor.chars.slice(cursor.at + 1);
  const end = rest.findIndex((char, i) => char === '\\' && rest[i + 1] === 'E');
  const quoted = end === -1 ? rest : rest.slice(0, end);
  cursor.at += 1 + quoted.length + (end === -1 ? 0 : 2);
  return quoted.map((char) => ({ kind: 'one', set: literal(char.codePointAt(0)!) }));
}

/** `\d`, `\W`, `\pL` and the like, as a class; undefined when the escape is something else. */
function takeEscapedClass(cursor: Cursor): string | undefined {
  const ranges = takePerlClass(cursor);
  return ranges ? `[${ranges.map(rangeText).join('')}]` : takeUnicodeClass(cursor);
}

function takePerlClass(cursor: Cursor): readonly Range[] | undefined {
  const char = cursor.chars[cursor.at] ?? '';
  const ranges = PERL_CLASS[char.toLowerCase()];
  if (ranges) cursor.at++;
  return ranges && (char === char.toLowerCase() ? ranges : complement(ranges));
}

function takeUnicodeClass(cursor: Cursor): string | undefined {
  const char = cursor.chars[cursor.at];
  if (char !== 'p' && char !== 'P') return undefined;
  const category = cursor.chars[cursor.at + 1] ?? '';
  if (!/^[CLMNPSZ]$/.test(category)) throw new BadPattern();
  cursor.at += 2;
  return `\\${char}{${category}}`;
}

/** RE2's parseEscape: the code point after a backslash. */
function takeEscapedChar(cursor: Cursor): number {
  const char = cursor.chars[cursor.at++];
  if (char === undefined) throw new BadPattern();
  if (/^[\x00-\x7f]$/.test(char) && !/[0-9A-Za-z]/.test(char)) return char.codePointAt(0)!;
  const following = cursor.chars.slice(cursor.at, cursor.at + 2).join('');
  const octal = /^[0-7]{0,2}/.exec(following)![0];
  if (char === '0' || (/[1-7]/.test(char) && octal !== '')) {
    cursor.at += octal.length;
    return parseInt(char + octal, 8);
  }
  if (char === 'x' && /^[0-9A-Fa-f]{2}$/.test(following)) {
    cursor.at += 2;
    return parseInt(following, 16);
  }
  const control = CONTROL[char];
  if (control === undefined) throw new BadPattern();
  return control;
}

function takeClass(cursor: Cursor): string {
  const isNegated = cursor.chars[cursor.at] === '^';
  if (isNegated) cursor.at++;
  let members = '';
  for (let isFirst = true; isFirst || cursor.chars[cursor.at] !== ']'; isFirst = false) {
    if (cursor.at >= cursor.chars.length) throw new BadPattern();
    members += takeClassMember(cursor);
  }
  cursor.at++;
  return `[${isNegated ? '^' : ''}${members}]`;
}

function takeClassMember(cursor: Cursor): string {
  const named = takePosixClass(cursor) ?? takeClassEscape(cursor);
  if (named !== undefined) return named;
  const low = takeClassChar(cursor);
  const isRange = cursor.chars[cursor.at] === '-' && (cursor.chars[cursor.at + 1] ?? ']') !== ']';
  if (!isRange) return literal(low);
  cursor.at++;
  const high = takeClassChar(cursor);
  if (high < low) throw new BadPattern();
  return rangeText([low, high]);
}

function takeClassEscape(cursor: Cursor): string | undefined {
  if (cursor.chars[cursor.at] !== '\\') return undefined;
  const after = { chars: cursor.chars, at: cursor.at + 1 };
  const ranges = takePerlClass(after);
  const text = ranges ? ranges.map(rangeText).join('') : takeUnicodeClass(after);
  if (text !== undefined) cursor.at = after.at;
  return text;
}

function takeClassChar(cursor: Cursor): number {
  const char = cursor.chars[cursor.at++];
  if (char === undefined) throw new BadPattern();
  return char === '\\' ? takeEscapedChar(cursor) : char.codePointAt(0)!;
}

/** `[:alpha:]`, `[:^alpha:]`. */
function takePosixClass(cursor: Cursor): string | undefined {
  const { chars, at } = cursor;
  if (chars[at] !== '[' || chars[at + 1] !== ':') return undefined;
  const end = chars.findIndex((char, i) => i >= at + 2 && char === ':' && chars[i + 1] === ']');
  if (end === -1) return undefined;
  const name = chars.slice(at + 2, end).join('');
  const ranges = POSIX_CLASS[name.replace(/^\^/, '')];
  if (!ranges) throw new BadPattern();
  cursor.at = end + 2;
  return (name.startsWith('^') ? complement(ranges) : ranges).map(rangeText).join('');
}
