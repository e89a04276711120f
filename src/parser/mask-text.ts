// The text as dockerfile-ast gets to see it: same length, same lines, and nothing left in it that the package reads
// differently from BuildKit. Continuations are the only escapes, comments are only `#`, white space is only blanks;
// heredoc openers, directives, quotes and every other sign are gone.
import { blankSpace } from './go-space.js';
import { continuationIndex, isComment, withoutLineEnd } from './physical-line.js';

function maskLine(line: string, escape: string): string {
  const content = withoutLineEnd(line);
  if (isComment(content)) return '#'.repeat(line.length);
  const masked = blankSpace(line).replace(/[^A-Za-z0-9 \t]/g, '_');
  const index = continuationIndex(content, escape);
  return index < 0 ? masked : `${masked.slice(0, index)}\\${masked.slice(index + 1)}`;
}

/** `lines` (without their LF) joined by LF and masked; the escape character in force becomes `\`. */
export function maskText(lines: readonly string[], escape: string): string {
  return lines.map((line) => maskLine(line, escape)).join('\n');
}
