// Tokens to an expression, by precedence (hclsyntax/spec.md, Expressions).
import {
  cursorOf,
  expectName,
  expectSymbol,
  isSymbol,
  isWord,
  peek,
  placeOf,
  skipNewlines,
  take,
  takeIf,
  unexpected,
  withNewlines,
  type Cursor,
} from './cursor.js';
import { lex } from './lex.js';
import { parseFor } from './parse-for.js';
import { parseTemplate } from './parse-template.js';
import { faultAt, type SourceText } from './source.js';
import { ELEMENT, type BinaryOperator, type Expression, type ObjectItem } from './syntax.js';

/** Weakest first; those of a row bind alike. */
const OPERATORS: readonly (readonly BinaryOperator[])[] = [
  ['||'],
  ['&&'],
  ['==', '!='],
  ['<', '>', '<=', '>='],
  ['+', '-'],
  ['*', '/', '%'],
];

/** A file that is deeper is hostile: nobody writes it, and the stack ends. */
const DEEPEST = 200;

const CONSTANTS: Readonly<Record<string, boolean | null>> = { true: true, false: false, null: null };

/** A whole text as one expression. @throws TsbuildError BAKE_INVALID, with the place */
export function parseExpressionText(source: SourceText): Expression {
  const cursor = cursorOf(source, lex(source), true);
  const expression = parseExpression(cursor);
  if (peek(cursor).kind !== 'end') throw unexpected(cursor, 'the end');
  return expression;
}

/** @throws TsbuildError BAKE_INVALID, with the place */
export function parseExpression(cursor: Cursor): Expression {
  if (++cursor.depth > DEEPEST) throw faultAt(placeOf(cursor, peek(cursor)), 'the expression is too deep');
  const expression = parseConditional(cursor);
  cursor.depth--;
  return expression;
}

function parseConditional(cursor: Cursor): Expression {
  const condition = parseBinary(cursor, 0);
  if (!takeIf(cursor, '?')) return condition;
  const yes = parseExpression(cursor);
  expectSymbol(cursor, ':');
  const no = parseExpression(cursor);
  return { kind: 'conditional', condition, yes, no, place: between(condition, no) };
}

function parseBinary(cursor: Cursor, level: number): Expression {
  const operators = OPERATORS[level];
  if (!operators) return parseUnary(cursor);
  let left = parseBinary(cursor, level + 1);
  for (;;) {
    const operator = operators.find((text) => isSymbol(cursor, text));
    if (!operator) return left;
    take(cursor);
    const right = parseBinary(cursor, level + 1);
    left = { kind: 'binary', operator, left, right, place: between(left, right) };
  }
}

function parseUnary(cursor: Cursor): Expression {
  const token = peek(cursor);
  if (token.kind !== 'symbol' || (token.text !== '-' && token.text !== '!')) return parseTraversal(cursor);
  take(cursor);
  if (++cursor.depth > DEEPEST) throw faultAt(placeOf(cursor, token), 'the expression is too deep');
  const operand = parseUnary(cursor);
  cursor.depth--;
  const place = placeOf(cursor, { start: token.start, end: operand.place.end });
  return { kind: 'unary', operator: token.text, operand, place };
}

function parseTraversal(cursor: Cursor): Expression {
  return parseSteps(cursor, parseTerm(cursor), true);
}

/** `.name`, `.0`, `[key]`, `.*` and `[*]`, as many as there are. */
function parseSteps(cursor: Cursor, start: Expression, areIndexesTaken: boolean): Expression {
  let of = start;
  for (;;) {
    if (isSymbol(cursor, '.')) {
      take(cursor);
      if (takeIf(cursor, '*')) return splatOf(cursor, of, false);
      const step = take(cursor);
      if (step.kind !== 'name' && step.kind !== 'number')
        throw faultAt(placeOf(cursor, step), 'a name or a number follows a dot');
      const place = placeOf(cursor, { start: of.place.start, end: step.end });
      // `.0.1` is one number to the lexer.
      for (const value of step.kind === 'number' ? step.text.split('.').map(Number) : [step.text])
        of = { kind: 'index', of, key: { kind: 'literal', value, place }, place };
    } else if (areIndexesTaken && isSymbol(cursor, '[')) {
      take(cursor);
      if (isSymbol(cursor, '*') && isSymbol(cursor, ']', 1)) {
        take(cursor);
        take(cursor);
        return splatOf(cursor, of, true);
      }
      const key = withNewlines(cursor, true, () => parseExpression(cursor));
      const end = withNewlines(cursor, true, () => expectSymbol(cursor, ']')).end;
      of = { kind: 'index', of, key, place: placeOf(cursor, { start: of.place.start, end }) };
    } else return of;
  }
}

/** Behind `.*` only names are read of each element, behind `[*]` all that follows. */
function splatOf(cursor: Cursor, of: Expression, areIndexesTaken: boolean): Expression {
  const element: Expression = { kind: 'variable', name: ELEMENT, place: of.place };
  const each = parseSteps(cursor, element, areIndexesTaken);
  const splat: Expression = { kind: 'splat', of, each, place: of.place };
  return areIndexesTaken ? splat : parseSteps(cursor, splat, true);
}

function parseTerm(cursor: Cursor): Expression {
  const token = peek(cursor);
  const place = placeOf(cursor, token);
  if (token.kind === 'template') {
    take(cursor);
    return parseTemplate(cursor.source, token, parseExpression);
  }
  if (token.kind === 'number') {
    take(cursor);
    return { kind: 'literal', value: Number(token.text), place };
  }
  if (token.kind === 'name') return parseName(cursor);
  if (isSymbol(cursor, '(')) {
    take(cursor);
    return withNewlines(cursor, true, () => {
      const inner = parseExpression(cursor);
      expectSymbol(cursor, ')');
      return inner;
    });
  }
  if (isSymbol(cursor, '[')) return parseTuple(cursor);
  if (isSymbol(cursor, '{')) return parseObject(cursor);
  throw unexpected(cursor, 'a value');
}

function parseName(cursor: Cursor): Expression {
  const token = take(cursor);
  const place = placeOf(cursor, token);
  if (isSymbol(cursor, '(')) return parseCall(cursor, token.text, token.start);
  if (Object.hasOwn(CONSTANTS, token.text)) return { kind: 'literal', value: CONSTANTS[token.text]!, place };
  return { kind: 'variable', name: token.text, place };
}

function parseCall(cursor: Cursor, name: string, start: number): Expression {
  take(cursor);
  return withNewlines(cursor, true, () => {
    const args: Expression[] = [];
    let isSpread = false;
    while (!isSymbol(cursor, ')')) {
      if (isSpread) throw unexpected(cursor, '")"');
      args.push(parseExpression(cursor));
      isSpread = takeIf(cursor, '...');
      if (!takeIf(cursor, ',')) break;
    }
    const { end } = expectSymbol(cursor, ')');
    return { kind: 'call', name, args, isSpread, place: placeOf(cursor, { start, end }) };
  });
}

function parseTuple(cursor: Cursor): Expression {
  const { start } = take(cursor);
  return withNewlines(cursor, true, () => {
    if (isWord(cursor, 'for')) return parseFor(cursor, { start, closing: ']', parse: parseExpression });
    const items: Expression[] = [];
    while (!isSymbol(cursor, ']')) {
      items.push(parseExpression(cursor));
      if (!takeIf(cursor, ',')) break;
    }
    const { end } = expectSymbol(cursor, ']');
    return { kind: 'tuple', items, place: placeOf(cursor, { start, end }) };
  });
}

/** Its items stand on lines of their own, or between commas. */
function parseObject(cursor: Cursor): Expression {
  const { start } = take(cursor);
  return withNewlines(cursor, false, () => {
    skipNewlines(cursor);
    if (isWord(cursor, 'for') && !isSymbol(cursor, '=', 1) && !isSymbol(cursor, ':', 1))
      return withNewlines(cursor, true, () =>
        parseFor(cursor, { start, closing: '}', parse: parseExpression }),
      );
    const items: ObjectItem[] = [];
    while (!isSymbol(cursor, '}')) {
      items.push(parseItem(cursor));
      const isParted = takeIf(cursor, ',') || peek(cursor).kind === 'newline';
      skipNewlines(cursor);
      if (!isParted) break;
    }
    const { end } = expectSymbol(cursor, '}');
    return { kind: 'object', items, place: placeOf(cursor, { start, end }) };
  });
}

function parseItem(cursor: Cursor): ObjectItem {
  const key = keyOf(cursor);
  if (!takeIf(cursor, '=') && !takeIf(cursor, ':')) throw unexpected(cursor, '"=" or ":"');
  skipNewlines(cursor);
  return { key, value: parseExpression(cursor) };
}

/** A bare name is a text. */
function keyOf(cursor: Cursor): Expression {
  const isBare = peek(cursor).kind === 'name' && (isSymbol(cursor, '=', 1) || isSymbol(cursor, ':', 1));
  if (!isBare) return parseExpression(cursor);
  const token = expectName(cursor, 'a key');
  return { kind: 'literal', value: token.text, place: placeOf(cursor, token) };
}

function between(first: Expression, last: Expression): Expression['place'] {
  return { ...first.place, end: last.place.end };
}
