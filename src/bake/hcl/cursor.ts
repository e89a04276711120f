// A place in a list of tokens, for the parsers. Inside of brackets and parentheses ends of lines mean nothing.
import { faultAt, type Place, type SourceText } from './source.js';
import type { Token } from './tokens.js';

export interface Cursor {
  readonly source: SourceText;
  readonly tokens: readonly Token[];
  at: number;
  areNewlinesSkipped: boolean;
  /** Of expressions inside of each other. */
  depth: number;
}

/** @param tokens end with a token `end` */
export function cursorOf(source: SourceText, tokens: readonly Token[], areNewlinesSkipped: boolean): Cursor {
  return { source, tokens, at: 0, areNewlinesSkipped, depth: 0 };
}

/** The token `ahead` of the next one. */
export function peek(cursor: Cursor, ahead = 0): Token {
  let at = cursor.at;
  for (let left = ahead; ; at++) {
    const token = cursor.tokens[at] ?? cursor.tokens.at(-1)!;
    if (token.kind === 'newline' && cursor.areNewlinesSkipped) continue;
    if (left-- === 0 || token.kind === 'end') return token;
  }
}

export function take(cursor: Cursor): Token {
  const token = peek(cursor);
  while (cursor.tokens[cursor.at] !== token) cursor.at++;
  if (token.kind !== 'end') cursor.at++;
  return token;
}

export function isSymbol(cursor: Cursor, text: string, ahead = 0): boolean {
  const token = peek(cursor, ahead);
  return token.kind === 'symbol' && token.text === text;
}

export function isWord(cursor: Cursor, text: string, ahead = 0): boolean {
  const token = peek(cursor, ahead);
  return token.kind === 'name' && token.text === text;
}

/** Whether it was there. */
export function takeIf(cursor: Cursor, text: string): boolean {
  if (!isSymbol(cursor, text) && !isWord(cursor, text)) return false;
  take(cursor);
  return true;
}

/** @throws TsbuildError BAKE_INVALID */
export function expectSymbol(cursor: Cursor, text: string): Token {
  if (isSymbol(cursor, text)) return take(cursor);
  throw unexpected(cursor, JSON.stringify(text));
}

/** @throws TsbuildError BAKE_INVALID */
export function expectName(cursor: Cursor, wanted: string): Token {
  if (peek(cursor).kind === 'name') return take(cursor);
  throw unexpected(cursor, wanted);
}

export function skipNewlines(cursor: Cursor): void {
  while (peek(cursor).kind === 'newline') take(cursor);
}

/** @param wanted what would have been right */
export function unexpected(cursor: Cursor, wanted: string): Error {
  const token = peek(cursor);
  const found =
    token.kind === 'end'
      ? 'the end'
      : token.kind === 'newline'
        ? 'the end of the line'
        : JSON.stringify(token.text);
  return faultAt(placeOf(cursor, token), `expected ${wanted}, found ${found}`);
}

export function placeOf({ source }: Cursor, { start, end }: Pick<Token, 'start' | 'end'>): Place {
  return { source, start, end };
}

/** Runs `read` with ends of lines skipped or not, and then goes on as before. */
export function withNewlines<T>(cursor: Cursor, areSkipped: boolean, read: () => T): T {
  const before = cursor.areNewlinesSkipped;
  cursor.areNewlinesSkipped = areSkipped;
  try {
    return read();
  } finally {
    cursor.areNewlinesSkipped = before;
  }
}
