// The executed instructions of a plan as a provenance tells them: what each builds upon, what it asks for.
import type { StepFact, Wanted } from './attestation/build-facts.js';
import type { BuildPlan, PlannedStage } from './builder/planning/plan-build.js';
import { stepSources } from './plan/step-sources.js';
import type { PlannedStep } from './plan/step.js';

/** URIs of materials and names of local sources, by the stage that starts from them and the step that reads them. */
export type SourceNames = ReadonlyMap<PlannedStage | PlannedStep, readonly string[]>;

/** In the order of the stages, each after those that it needs. */
export function stepFacts({ stages }: Pick<BuildPlan, 'stages'>, names: SourceNames): readonly StepFact[] {
  const facts: StepFact[] = [];
  const ends = new Map<number, Inputs>();
  for (const [index, stage] of stages) {
    const { base } = stage.node;
    let below = (base.kind === 'stage' && ends.get(base.index)) || outside(names.get(stage));
    for (const step of stage.state.steps) {
      const stagesRead = stepSources(step).flatMap((from) => (from.kind === 'stage' ? [from.index] : []));
      const taken = stagesRead.map((read) => ends.get(read) ?? outside([]));
      facts.push(factOf(step, [below, ...taken, outside(names.get(step))]));
      below = { inputs: [facts.length - 1], sources: [] };
    }
    ends.set(index, below);
  }
  return facts;
}

type Inputs = Pick<StepFact, 'inputs' | 'sources'>;

function outside(sources: readonly string[] = []): Inputs {
  return { inputs: [], sources };
}

function factOf({ name, location }: PlannedStep, read: readonly Inputs[]): StepFact {
  const { startLine, endLine } = location;
  return {
    name,
    startLine,
    endLine,
    inputs: distinct(read.flatMap(({ inputs }) => inputs)),
    sources: distinct(read.flatMap(({ sources }) => sources)),
  };
}

/** What RUNs ask for, by id; wanted is what one of them cannot do without. */
export function wantedBy(steps: readonly PlannedStep[], type: 'secret' | 'ssh'): readonly Wanted[] {
  const wanted = new Map<string, Wanted>();
  for (const step of steps) {
    const mounts = step.kind === 'run' ? step.mounts.map(({ mount }) => mount) : [];
    for (const mount of mounts) {
      if (mount.type !== type) continue;
      const known = wanted.get(mount.id);
      wanted.set(mount.id, {
        id: mount.id,
        isOptional: (known?.isOptional ?? true) && !mount.required,
      });
    }
  }
  return [...wanted.values()].toSorted((a, b) => (a.id < b.id ? -1 : 1));
}

export function stepsOf({ stages }: Pick<BuildPlan, 'stages'>): readonly PlannedStep[] {
  return [...stages.values()].flatMap(({ state }) => state.steps);
}

function distinct<T>(values: readonly T[]): readonly T[] {
  return [...new Set(values)];
}
