// The inside of a template: text, `${ value }` and `%{ instruction }`. `$${` and `%%{` stand for `${` and `%{`.
import { faultAt, type SourceText } from './source.js';
import type { TemplatePart, Token } from './tokens.js';

/** Tokens from `start` up to the `}` that closes the interpolation, which is at `next`. */
export type LexInside = (
  source: SourceText,
  start: number,
  limit: number,
  depth: number,
) => { readonly tokens: readonly Token[]; readonly next: number };

export interface TemplateLexing {
  readonly inside: LexInside;
  /** Of templates inside of each other. */
  readonly depth: number;
  /** Whether a backslash has a meaning. */
  readonly areEscapesRead: boolean;
  /** What ends the template; absent: `limit` does. */
  readonly closing?: '"';
}

const ESCAPES: Readonly<Record<string, string>> = { n: '\n', r: '\r', t: '\t', '"': '"', '\\': '\\' };

/** `end` is behind the closing character. @throws TsbuildError BAKE_INVALID, with the place */
export function lexTemplate(
  source: SourceText,
  start: number,
  limit: number,
  { inside, depth, areEscapesRead, closing }: TemplateLexing,
): { readonly parts: readonly TemplatePart[]; readonly end: number } {
  const { text } = source;
  const parts: TemplatePart[] = [];
  let plain = '';
  const flush = (): void => {
    if (plain !== '') parts.push({ kind: 'text', text: plain });
    plain = '';
  };
  for (let at = start; at < limit;) {
    const char = text[at]!;
    if (char === closing) {
      flush();
      return { parts, end: at + 1 };
    }
    if (closing !== undefined && char === '\n') break;
    if ((char === '$' || char === '%') && text.startsWith(`${char}{`, at + 1)) {
      plain += `${char}{`;
      at += 3;
    } else if ((char === '$' || char === '%') && text[at + 1] === '{') {
      flush();
      const isTrimmedBefore = text[at + 2] === '~';
      const { tokens, next } = inside(source, at + 2 + Number(isTrimmedBefore), limit, depth + 1);
      const isTrimmedAfter = tokens.at(-1)?.text === '~';
      const kept = isTrimmedAfter ? tokens.slice(0, -1) : tokens;
      const kind = char === '$' ? 'value' : 'instruction';
      const end: Token = { kind: 'end', text: '', start: next, end: next };
      parts.push({ kind, tokens: [...kept, end], isTrimmedBefore, isTrimmedAfter, start: at });
      at = next + 1;
    } else if (areEscapesRead && char === '\\') {
      const [read, length] = escapeAt(source, at);
      plain += read;
      at += length;
    } else {
      plain += char;
      at++;
    }
  }
  if (closing !== undefined)
    throw faultAt({ source, start: start - 1, end: start }, 'the string is not closed');
  flush();
  return { parts, end: limit };
}

function escapeAt(source: SourceText, at: number): readonly [text: string, length: number] {
  const { text } = source;
  const letter = text[at + 1] ?? '';
  if (Object.hasOwn(ESCAPES, letter)) return [ESCAPES[letter]!, 2];
  const digits = /^(?:u([0-9a-fA-F]{4})|U([0-9a-fA-F]{8}))/.exec(text.slice(at + 1, at + 10));
  const code = digits ? Number.parseInt(digits[1] ?? digits[2]!, 16) : Infinity;
  if (digits && code <= 0x10ffff) return [String.fromCodePoint(code), digits[0].length + 1];
  throw faultAt(
    { source, start: at, end: at + 2 },
    `the escape \\${letter} is not known`,
    'use \\n, \\r, \\t, \\", \\\\, \\uNNNN or \\UNNNNNNNN',
  );
}
