// The parts of a template token to an expression (hclsyntax/spec.md, Templates).
import { cursorOf, isWord, peek, take, unexpected, type Cursor } from './cursor.js';
import { parseForHead } from './parse-for.js';
import { faultAt, type Place, type SourceText } from './source.js';
import type { Expression } from './syntax.js';
import type { TemplatePart, Token } from './tokens.js';

type Parse = (cursor: Cursor) => Expression;
type TemplateToken = Extract<Token, { kind: 'template' }>;

interface Reading {
  readonly source: SourceText;
  readonly place: Place;
  readonly parts: readonly TemplatePart[];
  readonly parse: Parse;
  next: number;
}

/** @throws TsbuildError BAKE_INVALID, with the place */
export function parseTemplate(source: SourceText, token: TemplateToken, parse: Parse): Expression {
  const place: Place = { source, start: token.start, end: token.end };
  const reading: Reading = { source, place, parts: trimmed(token.parts), parse, next: 0 };
  const { parts } = readUntil(reading, []);
  const [only] = token.parts;
  const isAlone = token.parts.length === 1 && only!.kind === 'value';
  return { kind: 'template', parts, isAlone, place };
}

/** A `~` takes the blanks beside it. */
function trimmed(parts: readonly TemplatePart[]): readonly TemplatePart[] {
  return parts.map((part, index) => {
    if (part.kind !== 'text') return part;
    const [before, after] = [parts[index - 1], parts[index + 1]];
    const isCutBefore = before !== undefined && before.kind !== 'text' && before.isTrimmedAfter;
    const isCutAfter = after !== undefined && after.kind !== 'text' && after.isTrimmedBefore;
    const text = isCutBefore ? part.text.trimStart() : part.text;
    return { kind: 'text', text: isCutAfter ? text.trimEnd() : text };
  });
}

/** The parts up to an instruction of these words, or to the end when there are none. */
function readUntil(
  reading: Reading,
  closing: readonly string[],
): { readonly parts: readonly Expression[]; readonly word: string } {
  const found: Expression[] = [];
  while (reading.next < reading.parts.length) {
    const part = reading.parts[reading.next++]!;
    if (part.kind === 'text') {
      if (part.text !== '') found.push({ kind: 'literal', value: part.text, place: reading.place });
      continue;
    }
    const cursor = cursorOf(reading.source, part.tokens, true);
    const place: Place = { source: reading.source, start: part.start, end: part.start + 2 };
    if (part.kind === 'value') {
      found.push(whole(cursor, reading.parse));
      continue;
    }
    const word = closing.find((one) => isWord(cursor, one));
    if (word !== undefined) return { parts: found, word };
    found.push(instructionOf(reading, cursor, place));
  }
  if (closing.length > 0) throw faultAt(reading.place, `the template has no %{ ${closing.at(-1)} }`);
  return { parts: found, word: '' };
}

function instructionOf(reading: Reading, cursor: Cursor, place: Place): Expression {
  const textOf = (parts: readonly Expression[]): Expression => ({
    kind: 'template',
    parts,
    isAlone: false,
    place,
  });
  if (isWord(cursor, 'if')) {
    take(cursor);
    const condition = whole(cursor, reading.parse);
    const yes = readUntil(reading, ['else', 'endif']);
    const no = yes.word === 'else' ? readUntil(reading, ['endif']).parts : [];
    return { kind: 'conditional', condition, yes: textOf(yes.parts), no: textOf(no), place };
  }
  if (isWord(cursor, 'for')) {
    const head = parseForHead(cursor, reading.parse);
    if (peek(cursor).kind !== 'end') throw unexpected(cursor, 'the end');
    const result = textOf(readUntil(reading, ['endfor']).parts);
    return { kind: 'for', ...head, result, isGrouped: false, isText: true, place };
  }
  throw unexpected(cursor, 'if or for');
}

function whole(cursor: Cursor, parse: Parse): Expression {
  const expression = parse(cursor);
  if (peek(cursor).kind !== 'end') throw unexpected(cursor, '"}"');
  return expression;
}
