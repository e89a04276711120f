// Where the files of a step come from.
import type { PlannedStep, SourceRef } from './step.js';

/** Heredocs and remote sources come from `main` too, as far as a step tells. */
export function stepSources(step: PlannedStep): readonly SourceRef[] {
  if (step.kind === 'run') return step.mounts.map(({ from }) => from);
  return step.kind === 'workdir' ? [] : [step.from];
}
