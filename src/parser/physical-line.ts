// One line of the file: its text without the line end, whether it is a comment, and whether it continues.
// Spec: BuildKit's parser/parser.go (trimNewline, trimComments, trimContinuationCharacter).
import { trimLeadingSpace } from './go-space.js';

/** Without trailing CR and LF. */
export function withoutLineEnd(line: string): string {
  let end = line.length;
  while (end > 0 && (line[end - 1] === '\n' || line[end - 1] === '\r')) end--;
  return line.slice(0, end);
}

export function isComment(line: string): boolean {
  return trimLeadingSpace(line).startsWith('#');
}

/**
 * Where the continuation starts: the escape as last character (blanks may follow) that has no escape in front of it.
 * -1 when the line ends its instruction. `line` has no line end.
 */
export function continuationIndex(line: string, escape: string): number {
  let index = line.length - 1;
  while (index >= 0 && (line[index] === ' ' || line[index] === '\t')) index--;
  return index >= 0 && line[index] === escape && line[index - 1] !== escape ? index : -1;
}
