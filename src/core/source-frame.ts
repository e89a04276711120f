// Draws the lines of a text around a failure, in BuildKit's form (solver/errdefs/source.go).
// Pure. The text is the user's and may be hostile: the caller escapes control characters before it prints the frame.
import type { SourceLocation } from './errors.js';
import { shorten } from './shorten.js';

const RULE = '-'.repeat(20);

/** Lines of a location that are shown; of a longer one the first and the last. */
const MOST_LINES = 60;
const LONGEST_LINE = 300;

/**
 * `Dockerfile:2`, a rule, the lines with `>>>` at those of the location, a rule; lines are joined by `\n`, none at the
 * end. Without the text, or when the location lies outside of it, only the first line. Two lines of context stand on
 * each side of a one-line location and one on each side of a longer one. Long lines are cut, and so is a location of
 * very many.
 */
export function renderSourceFrame(location: SourceLocation): string {
  const header = `${location.file}:${location.startLine}`;
  if (location.text === undefined) return header;
  const lines = location.text.split('\n');
  if (location.startLine < 1 || location.startLine > lines.length) return header;
  const last = Math.min(Math.max(location.endLine, location.startLine), lines.length);
  const context = last === location.startLine ? 2 : 1;
  const from = Math.max(1, location.startLine - context);
  const to = Math.min(lines.length, last + context);
  const row = (number: number) => {
    const mark = number >= location.startLine && number <= last ? '>>>' : '   ';
    const text = shorten(lines[number - 1]!.replace(/\r$/, ''), LONGEST_LINE);
    return ` ${String(number).padStart(3)} | ${mark} ${text}`;
  };
  return [header, RULE, ...rowsOf(from, to, row), RULE].join('\n');
}

function rowsOf(from: number, to: number, row: (number: number) => string): string[] {
  const count = to - from + 1;
  const rows = (first: number, length: number) => Array.from({ length }, (_, i) => row(first + i));
  if (count <= MOST_LINES) return rows(from, count);
  const half = MOST_LINES / 2;
  return [...rows(from, half), `     … ${count - MOST_LINES} more lines …`, ...rows(to - half + 1, half)];
}
