// `# check=skip=…` directly above an instruction: options for that instruction alone. Spec: dockerfile.md 1.1.
import { TsbuildError } from '../../core/errors.js';
import { mergeCheckDirective, parseCheckDirective, type CheckDirective } from '../check-directive.js';
import type { Dockerfile, Instruction } from '../instruction.js';

const FORM = /^check\s*=\s*(.+)$/;

/** A comment that only looks like an option is an ordinary comment. */
function readOption(comment: string): CheckDirective | undefined {
  const match = FORM.exec(comment);
  if (!match) return undefined;
  try {
    return parseCheckDirective(match[1]!);
  } catch (error) {
    if (error instanceof TsbuildError) return undefined;
    throw error;
  }
}

export function isCheckComment(comment: string): boolean {
  return readOption(comment) !== undefined;
}

function instructionsOf({ globalArgs, stages }: Dockerfile): Instruction[] {
  return [...globalArgs, ...stages.flatMap(({ from, instructions }) => [from, ...instructions])];
}

/** The options in force on each line; lines that have none of their own are not in the map. */
export function lineOptions(
  dockerfile: Dockerfile,
  base: CheckDirective,
): ReadonlyMap<number, CheckDirective> {
  const options = new Map<number, CheckDirective>();
  for (const { comments, location } of instructionsOf(dockerfile)) {
    const own = comments.flatMap((comment) => readOption(comment) ?? []);
    if (own.length === 0) continue;
    const merged = own.reduce(mergeCheckDirective, base);
    for (let line = location.startLine; line <= location.endLine; line++) options.set(line, merged);
  }
  return options;
}
