// The text of a bake file to tokens. Pure; every character is in a token, a blank or a comment.
import { lexTemplate, type LexInside } from './lex-template.js';
import { faultAt, type SourceText } from './source.js';
import type { Token } from './tokens.js';

const BLANK = /[ \t\r]+|#[^\n]*|\/\/[^\n]*|\/\*[^]*?\*\//y;
const NAME = /[\p{ID_Start}_][\p{ID_Continue}-]*/uy;
const NUMBER = /\d+(?:\.\d+)?(?:[eE][+-]?\d+)?/y;
const SYMBOL = /\.\.\.|=>|==|!=|<=|>=|&&|\|\||[{}[\]()=+\-*/%<>!?:,.~]/y;
const HEREDOC = /<<(-?)([\p{ID_Start}_][\p{ID_Continue}-]*)[ \t]*\r?\n/uy;

/** Ends with a token `end`. @throws TsbuildError BAKE_INVALID, with the place */
export function lex(source: SourceText): readonly Token[] {
  const { tokens, next } = lexUntil(source, 0, source.text.length, 0);
  return [...tokens, { kind: 'end', text: '', start: next, end: next }];
}

/** An expression in a text that is not the text of a file: a string of a JSON file. */
export function lexTemplateText(source: SourceText): Token {
  const { parts } = lexTemplate(source, 0, source.text.length, { inside, depth: 0, areEscapesRead: false });
  return { kind: 'template', text: source.text, parts, start: 0, end: source.text.length };
}

/** Templates inside of each other: what is deeper is hostile, and the stack ends. */
const DEEPEST = 100;

/** Up to the `}` that closes an interpolation. */
const inside: LexInside = (source, start, limit, depth) => lexUntil(source, start, limit, depth);

function lexUntil(
  source: SourceText,
  start: number,
  limit: number,
  /** 0 outside of templates. */
  templateDepth: number,
): { readonly tokens: readonly Token[]; readonly next: number } {
  const { text } = source;
  if (templateDepth > DEEPEST) throw faultAt({ source, start, end: start + 1 }, 'the template is too deep');
  const tokens: Token[] = [];
  let depth = 0;
  for (let at = start; at < limit; at = tokens.at(-1)!.end) {
    at += matchAt(BLANK, text, at, limit).length;
    while (at < limit && matchAt(BLANK, text, at, limit) !== '') at += matchAt(BLANK, text, at, limit).length;
    if (at >= limit) break;
    const token = tokenAt(source, at, limit, templateDepth);
    if (templateDepth > 0 && depth === 0 && token.text === '}' && token.kind === 'symbol')
      return { tokens, next: at };
    depth += depthOf(token);
    tokens.push(token);
  }
  if (templateDepth > 0)
    throw faultAt({ source, start: start - 2, end: start }, 'the interpolation is not closed');
  return { tokens, next: limit };
}

function depthOf({ kind, text }: Token): number {
  if (kind !== 'symbol') return 0;
  return text === '{' ? 1 : text === '}' ? -1 : 0;
}

function tokenAt(source: SourceText, start: number, limit: number, depth: number): Token {
  const { text } = source;
  if (text[start] === '\n') return { kind: 'newline', text: '\n', start, end: start + 1 };
  if (text[start] === '"') {
    const { parts, end } = lexTemplate(source, start + 1, limit, {
      inside,
      depth,
      areEscapesRead: true,
      closing: '"',
    });
    return { kind: 'template', text: text.slice(start, end), parts, start, end };
  }
  const heredoc = execAt(HEREDOC, text, start);
  if (heredoc) return heredocAt(source, start, heredoc, depth);
  for (const [kind, pattern] of [
    ['name', NAME],
    ['number', NUMBER],
    ['symbol', SYMBOL],
  ] as const) {
    const found = matchAt(pattern, text, start, limit);
    if (found !== '') return { kind, text: found, start, end: start + found.length };
  }
  const hint = text[start] === "'" ? 'strings stand in double quotes' : undefined;
  throw faultAt(
    { source, start, end: start + 1 },
    `unexpected character ${JSON.stringify(text[start])}`,
    hint,
  );
}

function heredocAt(source: SourceText, start: number, match: RegExpExecArray, depth: number): Token {
  const { text } = source;
  const [opening, dash, marker] = match as unknown as [string, string, string];
  const from = start + opening.length;
  for (let line = from; line <= text.length;) {
    const newline = text.indexOf('\n', line);
    const stop = newline < 0 ? text.length : newline;
    if (text.slice(line, stop).trim() === marker) {
      const { parts } = lexTemplate(source, from, line, { inside, depth, areEscapesRead: false });
      const shown = dash === '-' ? withoutIndent(parts, text.slice(from, line)) : parts;
      return { kind: 'template', text: text.slice(start, stop), parts: shown, start, end: stop };
    }
    if (newline < 0) break;
    line = newline + 1;
  }
  throw faultAt(
    { source, start, end: from },
    `the text that begins with <<${dash}${marker} has no end`,
    `write a line ${marker}`,
  );
}

/** The blanks that all lines begin with are left out. */
function withoutIndent(parts: readonly TemplatePartOf[], raw: string): readonly TemplatePartOf[] {
  const lines = raw.split('\n').filter((line) => line.trim() !== '');
  const indent = Math.min(...lines.map((line) => line.length - line.trimStart().length), Infinity);
  if (indent === 0 || indent === Infinity) return parts;
  const cut = new RegExp(`\\n[ \\t]{1,${indent}}`, 'g');
  return parts.map((part, index) => {
    if (part.kind !== 'text') return part;
    const text = (index === 0 ? `\n${part.text}` : part.text).replace(cut, '\n');
    return { kind: 'text', text: index === 0 ? text.slice(1) : text };
  });
}

type TemplatePartOf = ReturnType<typeof lexTemplate>['parts'][number];

function execAt(pattern: RegExp, text: string, at: number): RegExpExecArray | null {
  pattern.lastIndex = at;
  return pattern.exec(text);
}

function matchAt(pattern: RegExp, text: string, at: number, limit: number): string {
  const found = execAt(pattern, text, at)?.[0] ?? '';
  return found.slice(0, limit - at);
}
