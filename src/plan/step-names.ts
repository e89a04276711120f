// Names of steps as BuildKit shows them: `[stage 2/5] RUN make`.
import type { StageNode } from '../parser/stage-node.js';

const COUNTED: ReadonlySet<string> = new Set(['run', 'copy', 'add', 'workdir']);

/**
 * How many steps of a stage BuildKit announces: a base that is no stage, each trigger of the base, and what makes a
 * layer. A WORKDIR of the root and a trigger that sets a variable are counted although they are never shown.
 */
export function countSteps({ base, triggers, stage }: StageNode): number {
  const hasBase = base.kind === 'image' || base.kind === 'context';
  const own = stage.instructions.filter((it) => COUNTED.has(it.kind));
  return (hasBase ? 1 : 0) + triggers.length + own.length;
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
