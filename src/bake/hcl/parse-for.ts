// `[for v in list : v]` and `{for k, v in map : k => v}`.
import { expectName, expectSymbol, placeOf, takeIf, unexpected, type Cursor } from './cursor.js';
import type { Expression } from './syntax.js';

export interface ForParsing {
  /** Of the bracket. */
  readonly start: number;
  readonly closing: ']' | '}';
  readonly parse: (cursor: Cursor) => Expression;
}

/** @throws TsbuildError BAKE_INVALID */
export function parseFor(cursor: Cursor, { start, closing, parse }: ForParsing): Expression {
  const head = parseForHead(cursor, parse);
  expectSymbol(cursor, ':');
  const first = parse(cursor);
  const isObject = closing === '}';
  if (isObject && !takeIf(cursor, '=>')) throw unexpected(cursor, '"=>"');
  const result = isObject ? parse(cursor) : first;
  const isGrouped = isObject && takeIf(cursor, '...');
  const condition = takeIf(cursor, 'if') ? parse(cursor) : undefined;
  const { end } = expectSymbol(cursor, closing);
  return {
    kind: 'for',
    ...head,
    ...(isObject && { resultKey: first }),
    result,
    ...(condition && { condition }),
    isGrouped,
    isText: false,
    place: placeOf(cursor, { start, end }),
  };
}

export interface ForHead {
  readonly keyName?: string;
  readonly valueName: string;
  readonly of: Expression;
}

/** `for k, v in list`. @throws TsbuildError BAKE_INVALID */
export function parseForHead(cursor: Cursor, parse: ForParsing['parse']): ForHead {
  expectName(cursor, '"for"');
  const first = expectName(cursor, 'a name').text;
  const second = takeIf(cursor, ',') ? expectName(cursor, 'a name').text : undefined;
  if (!takeIf(cursor, 'in')) throw unexpected(cursor, '"in"');
  const of = parse(cursor);
  return second === undefined ? { valueName: first, of } : { keyName: first, valueName: second, of };
}
