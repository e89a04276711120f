// The chain of steps that waited for each other until the end: making any other step faster makes the build no faster.
// Pure. It goes backwards from the step that ended last: what a step waited for is the one that ended last of those
// that it needs.
import type { StageRef } from '../core/events.js';

export interface TimedStep {
  readonly id: string;
  /** Whether it is one of the plan: others are fetches, look-ups and outputs. */
  readonly isInstruction: boolean;
  /** Seconds; a step that did not begin or did not end is none of the chain. */
  readonly start?: number;
  /** When its own work began, if that was later. */
  readonly work?: number;
  readonly end?: number;
}

interface Span {
  readonly id: string;
  readonly isInstruction: boolean;
  readonly start: number;
  readonly work: number | undefined;
  readonly end: number;
}

/** Seconds by which clocks of steps that follow each other may differ. */
const TOLERANCE = 0.005;

export interface CriticalStep {
  readonly id: string;
  /** Seconds between the end of the step before it, or its own beginning, and its end. */
  readonly seconds: number;
}

/** The step that held up all others first. */
export function criticalPath(
  steps: readonly TimedStep[],
  stages: readonly StageRef[] = [],
): readonly CriticalStep[] {
  const spans = steps.flatMap(spanOf);
  const needsOf = needsIn(stages);
  const path: Span[] = [];
  const left = new Set(spans);
  let current = lastToEnd(spans);
  while (current) {
    path.unshift(current);
    left.delete(current);
    current = heldUpBy(current, [...left], needsOf);
  }
  return path.map(({ id, start, end }, place) => {
    const before = path[place - 1];
    return { id, seconds: Math.max(0, end - Math.max(start, before?.end ?? start)) };
  });
}

function spanOf({ id, isInstruction, start, work, end }: TimedStep): readonly Span[] {
  return start === undefined || end === undefined ? [] : [{ id, isInstruction, start, work, end }];
}

/** What held the step up: a fetch that it began and waited for, else one that it needs, else what came before it. */
function heldUpBy(step: Span, others: readonly Span[], needsOf: Needs): Span | undefined {
  const begun = step.work ?? step.end;
  const inside = others.filter(
    (other) =>
      step.isInstruction &&
      !other.isInstruction &&
      other.start >= step.start - TOLERANCE &&
      other.end <= begun + TOLERANCE,
  );
  if (inside.length > 0) return lastToEnd(inside);
  const earlier = others.filter((other) => other.end <= step.start + TOLERANCE);
  const needs = needsOf(step.id);
  if (!needs) return lastToEnd(earlier);
  const needed = earlier.filter(({ id }) => needs.has(id));
  // The first step of a stage waits for its base and for look-ups, not for other stages.
  return lastToEnd(needed.length > 0 ? needed : earlier.filter(({ id }) => !needsOf(id)));
}

function lastToEnd(spans: readonly Span[]): Span | undefined {
  return spans.reduce<Span | undefined>(
    (last, span) => (last && last.end >= span.end ? last : span),
    undefined,
  );
}

/** Of a step of a stage; undefined for others. */
type Needs = (id: string) => ReadonlySet<string> | undefined;

/** Of a step: the one below it in its stage, and the last steps of the stages that it takes files of. */
function needsIn(stages: readonly StageRef[]): Needs {
  const byId = new Map(stages.map((stage) => [stage.id, stage]));
  const lastOf = (id: string, seen: ReadonlySet<string> = new Set()): readonly string[] => {
    const stage = byId.get(id);
    if (!stage || seen.has(id)) return [];
    const last = stage.steps.at(-1);
    // A stage without steps is as far as those that it needs.
    return last ? [last.id] : stage.needs.flatMap((need) => lastOf(need, new Set([...seen, id])));
  };
  const needs = new Map<string, ReadonlySet<string>>();
  for (const { steps, needs: ofStage } of stages)
    for (const [place, step] of steps.entries()) {
      const below = place > 0 ? [steps[place - 1]!.id] : ofStage.flatMap((id) => lastOf(id));
      needs.set(step.id, new Set([...below, ...(step.needs ?? []).flatMap((id) => lastOf(id))]));
    }
  return (id) => needs.get(id);
}
