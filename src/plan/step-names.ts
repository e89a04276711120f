// Names of steps as BuildKit shows them: `[stage 2/5] RUN make`.
import type { Instruction } from '../parser/instruction.js';

const COUNTED: ReadonlySet<string> = new Set(['run', 'copy', 'add', 'workdir']);

/** How many steps of a stage are numbered; an image base is one. */
export function countSteps(instructions: readonly Instruction[], hasImageBase: boolean): number {
  return instructions.filter((it) => COUNTED.has(it.kind)).length + (hasImageBase ? 1 : 0);
}

export interface StepNaming {
  /** '' in a file with one stage, `stage-N` for an unnamed one. */
  readonly stageName: string;
  readonly total: number;
}

export function stepName(naming: StepNaming, index: number, text: string): string {
  const width = String(naming.total).length;
  const stage = naming.stageName === '' ? '' : `${naming.stageName} `;
  return `[${stage}${String(index).padStart(width)}/${naming.total}] ${text}`;
}

/** First line of a heredoc for the name of its RUN: `(first line...)`. */
export function summarizeHeredoc(content: string): string {
  const lines = content.trim().replaceAll('\r\n', '\n').split('\n');
  return lines.length > 1 ? `${lines[0]}...` : lines[0]!;
}
