// Draws the lines of a text around a failure, in BuildKit's form (solver/errdefs/source.go; dockerfile.md section 8).
// Pure. The text is the user's and may be hostile: the caller escapes control characters before it prints the frame.
import type { SourceLocation } from './errors.js';

const RULE = '-'.repeat(20);

/**
 * `Dockerfile:2`, a rule, the lines with `>>>` at those of the location, a rule; lines are joined by `\n`, none at the end.
 * Without the text, or when the location lies outside of it, only the first line. Two lines of context stand on each side of
 * a one-line location and one on each side of a longer one.
 */
export function renderSourceFrame(location: SourceLocation): string {
  const header = `${location.file}:${location.startLine}`;
  if (location.text === undefined) return header;
  const lines = location.text.split('\n').map((line) => line.replace(/\r$/, ''));
  if (location.startLine < 1 || location.startLine > lines.length) return header;
  const last = Math.min(Math.max(location.endLine, location.startLine), lines.length);
  const context = last === location.startLine ? 2 : 1;
  const from = Math.max(1, location.startLine - context);
  const to = Math.min(lines.length, last + context);
  const rows = lines.slice(from - 1, to).map((text, i) => {
    const number = from + i;
    const mark = number >= location.startLine && number <= last ? '>>>' : '   ';
    return ` ${String(number).padStart(3)} | ${mark} ${text}`;
  });
  return [header, RULE, ...rows, RULE].join('\n');
}
