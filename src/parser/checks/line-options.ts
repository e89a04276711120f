// `# check=skip=…` above an instruction: options for that instruction alone.
// Spec: BuildKit's linter/linter.go (WithMergedConfigFromComments).
import { TsbuildError } from '../../core/errors.js';
import { mergeCheckDirective, parseCheckDirective, type CheckDirective } from '../check-directive.js';
import { readDirective } from '../directives.js';
import type { Dockerfile, Instruction } from '../instruction.js';

/**
 * The first comment that is a check directive counts alone, and of it the first word; one that cannot be read gives no
 * options.
 */
function optionsAmong(comments: readonly string[]): CheckDirective | undefined {
  for (const comment of comments) {
    const directive = readDirective(comment);
    if (directive?.name === 'check') return readOptions(directive.value.split(' ', 1)[0]!);
  }
  return undefined;
}

function readOptions(text: string): CheckDirective | undefined {
  try {
    return parseCheckDirective(text);
  } catch (error) {
    if (error instanceof TsbuildError) return undefined;
    throw error;
  }
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
    const own = optionsAmong(comments);
    if (own === undefined) continue;
    const merged = mergeCheckDirective(base, own);
    for (let line = location.startLine; line <= location.endLine; line++) options.set(line, merged);
  }
  return options;
}
