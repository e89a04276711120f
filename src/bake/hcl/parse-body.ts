// Tokens to a body: attributes and blocks, one a line.
import {
  cursorOf,
  expectName,
  expectSymbol,
  isSymbol,
  peek,
  placeOf,
  skipNewlines,
  take,
  unexpected,
  type Cursor,
} from './cursor.js';
import { lex } from './lex.js';
import { parseExpression } from './parse-expression.js';
import { faultAt, type SourceText } from './source.js';
import type { Attribute, Block, Body } from './syntax.js';
import type { Token } from './tokens.js';

/** @throws TsbuildError BAKE_INVALID, with the place */
export function parseHcl(source: SourceText): Body {
  const cursor = cursorOf(source, lex(source), false);
  const body = parseBody(cursor);
  if (peek(cursor).kind !== 'end') throw unexpected(cursor, 'an attribute or a block');
  return body;
}

function parseBody(cursor: Cursor): Body {
  const attributes: Attribute[] = [];
  const blocks: Block[] = [];
  for (skipNewlines(cursor); peek(cursor).kind !== 'end' && !isSymbol(cursor, '}'); skipNewlines(cursor)) {
    const name = expectName(cursor, 'an attribute or a block');
    if (isSymbol(cursor, '=')) {
      const attribute = parseAttribute(cursor, name);
      if (attributes.some((other) => other.name === attribute.name))
        throw faultAt(attribute.place, `${attribute.name} is set twice`);
      attributes.push(attribute);
    } else blocks.push(parseBlock(cursor, name));
    if (peek(cursor).kind !== 'newline' && peek(cursor).kind !== 'end' && !isSymbol(cursor, '}'))
      throw unexpected(cursor, 'the end of the line');
  }
  return { attributes, blocks };
}

function parseAttribute(cursor: Cursor, name: Token): Attribute {
  take(cursor);
  const value = parseExpression(cursor);
  return { name: name.text, value, place: placeOf(cursor, { start: name.start, end: value.place.end }) };
}

function parseBlock(cursor: Cursor, type: Token): Block {
  const labels: string[] = [];
  while (!isSymbol(cursor, '{')) labels.push(labelOf(cursor));
  const open = take(cursor);
  const body = parseBody(cursor);
  expectSymbol(cursor, '}');
  return { type: type.text, labels, body, place: placeOf(cursor, { start: type.start, end: open.end }) };
}

function labelOf(cursor: Cursor): string {
  const token = peek(cursor);
  if (token.kind === 'name') return take(cursor).text;
  if (token.kind !== 'template') throw unexpected(cursor, '"=" or "{"');
  take(cursor);
  const [first, ...more] = token.parts;
  if (more.length === 0 && (first === undefined || first.kind === 'text')) return first?.text ?? '';
  throw faultAt(placeOf(cursor, token), 'a label is a plain string, without ${…}');
}
