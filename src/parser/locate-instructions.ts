// Where the instructions of a file start and end, from dockerfile-ast over the masked text. Heredocs are masked away,
// so the lines of a heredoc body come out as instructions of their own: the reader, which knows the heredocs, passes
// over them.
import { DockerfileParser } from 'dockerfile-ast';
import { maskText } from './mask-text.js';

/** 0-based line numbers, inclusive. */
export interface LineRange {
  readonly start: number;
  readonly end: number;
}

/** The instructions of `lines`, by line; `first` is the number of the first of them. */
export function locateInstructions(lines: readonly string[], escape: string, first = 0): LineRange[] {
  const instructions = DockerfileParser.parse(maskText(lines, escape)).getInstructions();
  return instructions.map((instruction) => {
    const { start, end } = instruction.getRange();
    return { start: start.line + first, end: end.line + first };
  });
}
