// Go's filepath.Match for Unix, to the letter (go/src/path/filepath/match.go): `*` and `?` stop at `/`, classes do not.
// Pattern and name are bytes; `?` and classes take UTF-8 runes.
import { TsbuildError } from '../../core/errors.js';
import type { ByteString } from '../../core/bytes.js';

const RUNE_ERROR = 0xfffd;

/** Whether a path component is a pattern: an unescaped `*`, `?` or `[`. */
export function containsWildcards(name: string): boolean {
  for (let i = 0; i < name.length; i++) {
    const char = name[i]!;
    if (char === '\\') i++;
    else if (char === '*' || char === '?' || char === '[') return true;
  }
  return false;
}

/**
 * Whether the pattern matches the whole name.
 * @throws TsbuildError DOCKERFILE_SYNTAX `syntax error in pattern`, also when the bad part was not needed for the
 * answer
 */
export function goMatch(pattern: ByteString, name: ByteString): boolean {
  let rest: string = pattern;
  let left: string = name;
  while (rest.length > 0) {
    const { isStar, chunk, tail } = scanChunk(rest);
    rest = tail;
    if (isStar && chunk === '') return !left.includes('/');
    const after = matchAnywhere(chunk, left, { isStar, isLast: rest === '' });
    if (after === undefined) {
      checkSyntax(rest);
      return false;
    }
    left = after;
  }
  return left.length === 0;
}

/** What is left of the name behind the chunk: matched at the start, after a `*` at the first place that fits. */
function matchAnywhere(
  chunk: string,
  name: string,
  { isStar, isLast }: { isStar: boolean; isLast: boolean },
): string | undefined {
  for (let i = 0; ; i++) {
    const after = matchChunk(chunk, name.slice(i));
    if (after !== undefined && (after === '' || !isLast)) return after;
    if (!isStar || i >= name.length || name[i] === '/') return undefined;
  }
}

function checkSyntax(pattern: string): void {
  for (let rest = pattern; rest.length > 0;) {
    const { chunk, tail } = scanChunk(rest);
    matchChunk(chunk, '');
    rest = tail;
  }
}

/** Leading stars and the literal part up to the next star. */
function scanChunk(pattern: string): { isStar: boolean; chunk: string; tail: string } {
  let start = 0;
  while (pattern[start] === '*') start++;
  let inClass = false;
  let end = start;
  for (; end < pattern.length; end++) {
    const char = pattern[end];
    if (char === '\\') end++;
    else if (char === '[') inClass = true;
    else if (char === ']') inClass = false;
    else if (char === '*' && !inClass) break;
  }
  return { isStar: start > 0, chunk: pattern.slice(start, end), tail: pattern.slice(end) };
}

/**
 * The rest of `name` behind the chunk, or undefined; the whole chunk is read either way, so that a bad one is found.
 */
function matchChunk(chunk: string, name: string): string | undefined {
  let at = 0;
  let left: string | undefined = name;
  while (at < chunk.length) {
    if (left === '') left = undefined;
    const char = chunk[at];
    if (char === '[') {
      const rune: Rune = left === undefined ? { value: 0, size: 0 } : decodeRune(left, 0);
      const { isMatch, end } = matchClass(chunk, at + 1, rune.value);
      left = isMatch ? left?.slice(rune.size) : undefined;
      at = end;
      continue;
    }
    if (char === '?') {
      left = left === undefined || left.startsWith('/') ? undefined : left.slice(decodeRune(left, 0).size);
    } else {
      if (char === '\\') at++;
      if (at >= chunk.length) throw badPattern();
      left = left !== undefined && left[0] === chunk[at] ? left.slice(1) : undefined;
    }
    at++;
  }
  return left;
}

/** `at` is behind the `[`. */
function matchClass(chunk: string, start: number, rune: number): { isMatch: boolean; end: number } {
  const isNegated = chunk[start] === '^';
  let at = isNegated ? start + 1 : start;
  let isMatch = false;
  for (let ranges = 0; ; ranges++) {
    if (chunk[at] === ']' && ranges > 0) return { isMatch: isMatch !== isNegated, end: at + 1 };
    const low = classRune(chunk, at);
    at = low.end;
    let high = low.value;
    if (chunk[at] === '-') {
      const upper = classRune(chunk, at + 1);
      high = upper.value;
      at = upper.end;
    }
    if (low.value <= rune && rune <= high) isMatch = true;
  }
}

function classRune(chunk: string, start: number): { value: number; end: number } {
  const first = chunk[start];
  if (first === undefined || first === '-' || first === ']') throw badPattern();
  const at = first === '\\' ? start + 1 : start;
  if (at >= chunk.length) throw badPattern();
  const { value, size } = decodeRune(chunk, at);
  if (value === RUNE_ERROR && size === 1) throw badPattern();
  if (at + size >= chunk.length) throw badPattern();
  return { value, end: at + size };
}

interface Rune {
  readonly value: number;
  /** Bytes. */
  readonly size: number;
}

const INVALID: Rune = { value: RUNE_ERROR, size: 1 };
/** By length of the sequence: bits of the first byte that count, least value that needs that length. */
const FIRST_BITS = [0, 0, 0x1f, 0x0f, 0x07];
const LEAST = [0, 0, 0x80, 0x800, 0x10000];

/** Go's utf8.DecodeRuneInString: an invalid byte is U+FFFD of size 1. */
function decodeRune(text: string, at: number): Rune {
  const first = text.charCodeAt(at);
  if (first < 0x80) return { value: first, size: 1 };
  const size = first >= 0xf0 && first < 0xf8 ? 4 : first >= 0xe0 ? 3 : 2;
  if (first < 0xc2 || first >= 0xf5) return INVALID;
  let value = first & FIRST_BITS[size]!;
  for (let i = 1; i < size; i++) {
    const next = text.charCodeAt(at + i);
    if (!(next >= 0x80 && next < 0xc0)) return INVALID;
    value = (value << 6) | (next & 0x3f);
  }
  const isSurrogate = value >= 0xd800 && value < 0xe000;
  return value < LEAST[size]! || value > 0x10ffff || isSurrogate ? INVALID : { value, size };
}

function badPattern(): TsbuildError {
  return new TsbuildError('DOCKERFILE_SYNTAX', 'syntax error in pattern', {
    hint: 'a literal `[` is written `[[]`',
  });
}
