// A logical line into keyword, flags and the rest. Spec: BuildKit's parser/split_command.go.
import { isSpace, trimSpace } from './go-space.js';

export interface SplitCommand {
  /** As written. */
  readonly keyword: string;
  /** Words that start with `--` directly after the keyword, quotes and escapes removed. */
  readonly flags: readonly string[];
  readonly rest: string;
}

const SEPARATOR = /[\t\v\f\r ]+/;

/** Go's regexp.Split(text, 2) by blanks. */
export function splitFirstWord(text: string): [first: string, rest?: string] {
  const match = SEPARATOR.exec(text);
  return match ? [text.slice(0, match.index), text.slice(match.index + match[0].length)] : [text];
}

export function splitCommand(line: string): SplitCommand {
  const [keyword, tail] = splitFirstWord(trimSpace(line));
  if (tail === undefined) return { keyword, flags: [], rest: '' };
  const { flags, rest } = splitFlags(tail);
  return { keyword, flags, rest: trimSpace(rest) };
}

function splitFlags(tail: string): { flags: string[]; rest: string } {
  const flags: string[] = [];
  let position = 0;
  for (;;) {
    while (position < tail.length && isSpace(tail[position]!)) position++;
    if (!tail.startsWith('--', position)) return { flags, rest: tail.slice(position) };
    const flag = readFlag(tail, position);
    position = flag.end;
    // A bare `--` ends the flags.
    if (flag.text === '--') return { flags, rest: tail.slice(position) };
    flags.push(flag.text);
  }
}

/** One word with quotes removed; inside and outside of quotes a backslash makes the next character literal. */
function readFlag(tail: string, start: number): { text: string; end: number } {
  let text = '';
  let quote = '';
  let i = start;
  for (; i < tail.length; i++) {
    const ch = tail[i]!;
    if (quote === '' && isSpace(ch)) break;
    if (quote === '' && (ch === "'" || ch === '"')) quote = ch;
    else if (ch === quote) quote = '';
    else if (ch === '\\') text += tail[++i] ?? '';
    else text += ch;
  }
  return { text, end: Math.min(i, tail.length) };
}
