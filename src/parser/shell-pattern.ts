// The patterns of `${v#p}`, `${v%p}` and `${v/p/r}`: `*` and `?` without brackets, with the escapes of BuildKit's
// shell/lex.go. Matching is by dynamic programming with the preference order of a backtracking regular expression, so
// that a hostile pattern costs (pattern x text) and never more. `*` and `?` do not match a line feed, as `.` in Go.
import { syntaxError } from './syntax-error.js';

type Token = { readonly kind: 'one' | 'many' } | { readonly kind: 'literal'; readonly character: string };

/** Cells of pattern and value, and characters of replacements: some tenths of a second. */
const MAX_WORK = 10_000_000;

function refuseTooLong(work: number): void {
  if (work > MAX_WORK) throw syntaxError('pattern and value are too long to match');
}

/** @throws TsbuildError DOCKERFILE_SYNTAX `invalid escape '\x'` */
function tokenize(pattern: readonly string[]): Token[] {
  const tokens: Token[] = [];
  for (let i = 0; i < pattern.length; i++) {
    const character = pattern[i]!;
    if (character === '*') {
      if (tokens.at(-1)?.kind !== 'many') tokens.push({ kind: 'many' });
    } else if (character === '?') tokens.push({ kind: 'one' });
    else if (character !== '\\') tokens.push({ kind: 'literal', character });
    else if (pattern[i + 1] !== '}' && pattern[i + 1] !== '/') {
      const escaped = pattern[++i];
      if (escaped === undefined || !'*?\\'.includes(escaped))
        throw syntaxError(`invalid escape '\\${escaped ?? '\ufffd'}'`);
      tokens.push({ kind: 'literal', character: escaped });
    }
  }
  return tokens;
}

/** For every start the end of the preferred match of `tokens`, or -1. */
function matchEnds(tokens: readonly Token[], text: readonly string[], isGreedy: boolean): Int32Array {
  refuseTooLong((tokens.length + 1) * text.length);
  let next = Int32Array.from({ length: text.length + 1 }, (_, i) => i);
  for (const token of tokens.toReversed()) {
    const row = new Int32Array(text.length + 1).fill(-1);
    for (let j = text.length; j >= 0; j--) row[j] = endAt(token, j, { row, next, text, isGreedy });
    next = row;
  }
  return next;
}

interface Rows {
  readonly row: Int32Array;
  readonly next: Int32Array;
  readonly text: readonly string[];
  readonly isGreedy: boolean;
}

function endAt(token: Token, j: number, { row, next, text, isGreedy }: Rows): number {
  const character = text[j];
  if (token.kind === 'literal') return character === token.character ? next[j + 1]! : -1;
  const canTake = character !== undefined && character !== '\n';
  if (token.kind === 'one') return canTake ? next[j + 1]! : -1;
  const take = canTake ? row[j + 1]! : -1;
  const stop = next[j]!;
  if (isGreedy) return take >= 0 ? take : stop;
  return stop >= 0 ? stop : take;
}

/** `${value#pattern}` (`isGreedy`: `##`). */
export function trimPrefix(pattern: string, value: string, options: { readonly isGreedy: boolean }): string {
  const text = Array.from(value);
  const end = matchEnds(tokenize(Array.from(pattern)), text, options.isGreedy)[0]!;
  return end < 0 ? value : text.slice(end).join('');
}

/** Reverses a pattern but not its escapes: `a\*c` to `c\*a`. */
function reversePattern(pattern: readonly string[]): string[] {
  const out: string[] = [];
  for (let i = 0; i < pattern.length; i++) {
    if (pattern[i] === '\\' && i + 1 < pattern.length) out.push(pattern[++i]!, '\\');
    else out.push(pattern[i]!);
  }
  return out.reverse();
}

/**
 * `${value%pattern}` (`isGreedy`: `%%`): a prefix of the reversed text, since a leftmost search cannot find the
 * shortest suffix.
 */
export function trimSuffix(pattern: string, value: string, options: { readonly isGreedy: boolean }): string {
  const text = Array.from(value).reverse();
  const end = matchEnds(tokenize(reversePattern(Array.from(pattern))), text, options.isGreedy)[0]!;
  return end < 0 ? value : text.slice(end).reverse().join('');
}

/** Go's Regexp.Expand on a replacement: `$0` is the match, `$$` a dollar, any other `$name` nothing. */
function expandTemplate(replacement: string, match: string): string {
  return replacement.replace(
    /\$(?:\$|\{([\p{L}\p{Nd}_]+)\}|([\p{L}\p{Nd}_]+))/gu,
    (whole, braced?: string, bare?: string) => {
      if (whole === '$$') return '$';
      return (braced ?? bare) === '0' ? match : '';
    },
  );
}

/**
 * `${value/pattern/replacement}` (`isAll`: `//`). Matching is greedy; an empty match beside the previous one does not
 * count.
 */
export function replacePattern(
  pattern: string,
  value: string,
  replacement: string,
  options: { readonly isAll: boolean },
): string {
  const text = Array.from(value);
  const ends = matchEnds(tokenize(Array.from(pattern)), text, true);
  let out = '';
  let replaced = 0;
  let previousEnd = -1;
  let position = 0;
  while (position <= text.length) {
    const end = ends[position]!;
    const isMatch = end >= 0 && !(end === position && position === previousEnd);
    if (isMatch) refuseTooLong((replaced += replacement.length));
    if (isMatch)
      out += options.isAll ? expandTemplate(replacement, text.slice(position, end).join('')) : replacement;
    if (isMatch && !options.isAll) return out + text.slice(end).join('');
    if (isMatch) previousEnd = end;
    if (isMatch && end > position) position = end;
    else out += text[position++] ?? '';
  }
  return out;
}
