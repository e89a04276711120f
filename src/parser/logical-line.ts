// Joins the physical lines of one instruction: continuations joined without anything between, comments and empty lines
// dropped.
// Spec: BuildKit's parser/parser.go (Parse).
import { trimLeadingSpace } from './go-space.js';
import { continuationIndex, isComment, withoutLineEnd } from './physical-line.js';

export interface LogicalLine {
  readonly text: string;
  /** 0-based, inclusive. */
  readonly end: number;
  readonly hasEmptyContinuation: boolean;
}

/** The instruction that starts on `lines[start]`. A continuation at the end of the file is tolerated. */
export function readLogicalLine(lines: readonly string[], start: number, escape: string): LogicalLine {
  const parts: string[] = [];
  let hasEmptyContinuation = false;
  let end = start;
  for (; end < lines.length; end++) {
    const line = withoutLineEnd(lines[end]!);
    const content = end === start ? trimLeadingSpace(line) : line;
    if (end > start && isComment(content)) continue;
    if (end > start && trimLeadingSpace(content) === '') {
      hasEmptyContinuation = true;
      continue;
    }
    const index = continuationIndex(content, escape);
    parts.push(index < 0 ? content : content.slice(0, index));
    if (index < 0) break;
  }
  return { text: parts.join(''), end: Math.min(end, lines.length - 1), hasEmptyContinuation };
}
