// From the events of a build to the data of its report. Events are read one by one, so that only what is shown of them
// is held. Pure.
import type { BuildEvent, StageRef, StepRef } from '../core/events.js';
import { explainSteps } from '../core/explain-steps.js';
import { criticalPath } from './critical-path.js';
import { createOutputTail, type OutputTail } from './output-tail.js';
import { collectPushes } from './pushed-images.js';
import type { ReportBuild, ReportData, ReportImage, ReportStep, ReportWarning } from './report-data.js';
import { reportWarning } from './report-warning.js';

type StepEnd = Extract<BuildEvent, { kind: 'step-end' }>;

interface SeenStep extends StepRef {
  readonly isInstruction: boolean;
  start?: number;
  work?: number;
  end?: StepEnd;
  readonly tail: OutputTail;
}

/** Steps whose output is shown. */
const SHOWN_OUTPUT: ReadonlySet<ReportStep['outcome']> = new Set(['failed', 'canceled', 'running']);

/** @throws what reading the events throws */
export async function reportFromEvents(
  build: ReportBuild,
  events: AsyncIterable<BuildEvent> | Iterable<BuildEvent>,
): Promise<ReportData> {
  const steps = new Map<string, SeenStep>();
  const stages = new Map<string, StageRef>();
  const explained: BuildEvent[] = [];
  const images: ReportImage[] = [];
  const warnings: ReportWarning[] = [];
  const notes: string[] = [];
  const pushes = collectPushes();
  const stepOf = (ref: StepRef, isInstruction: boolean): SeenStep => {
    const known = steps.get(ref.id) ?? { ...ref, isInstruction, tail: createOutputTail() };
    steps.set(ref.id, known);
    return known;
  };
  for await (const event of events) {
    if (event.kind === 'plan' || event.kind === 'step-end') explained.push(event);
    if (event.kind === 'plan') for (const stage of event.stages ?? []) stages.set(stage.id, stage);
    if (event.kind === 'plan') for (const ref of event.steps) stepOf(ref, true);
    if (event.kind === 'step-start') begin(stepOf(event.step, false), event.time);
    if (event.kind === 'step-progress') pushes.add(event);
    if (event.kind === 'warning') warnings.push(reportWarning(event));
    if (event.kind === 'note') notes.push(event.message);
    if (event.kind === 'image') images.push(imageOf(event));
    const step = 'id' in event ? steps.get(event.id) : undefined;
    if (!step) continue;
    if (event.kind === 'step-work') step.work = event.time;
    if (event.kind === 'step-log') step.tail.add(event.data);
    if (event.kind === 'step-end') step.end = event;
  }
  const told = { build, stages: [...stages.values()], explained };
  const reported = reportSteps([...steps.values()], told);
  return {
    build,
    stages: told.stages,
    steps: reported,
    criticalPath: criticalPath(reported, told.stages),
    images,
    warnings,
    notes,
    pushed: pushes.end(),
  };
}

/** A build that found damage begins anew: the last time counts. */
function begin(step: SeenStep, time: number): void {
  step.start = time;
  delete step.work;
  delete step.end;
}

interface Told {
  readonly build: ReportBuild;
  readonly stages: readonly StageRef[];
  readonly explained: readonly BuildEvent[];
}

function reportSteps(seen: readonly SeenStep[], { build, stages, explained }: Told): readonly ReportStep[] {
  const reasons = new Map(explainSteps(explained).map((step) => [step.id, step.reasons]));
  const lines = new Map(stages.flatMap(({ steps }) => steps.map((step) => [step.id, step] as const)));
  const offset = (time: number): number => Math.max(0, time - build.started);
  const reported = seen.map((step): ReportStep => {
    const { id, name, isInstruction, start, work, end, tail } = step;
    const outcome = outcomeOf(step);
    const place = lines.get(id);
    const log = SHOWN_OUTPUT.has(outcome) ? tail.end() : undefined;
    return {
      id,
      name,
      outcome,
      isInstruction,
      ...(place && { lines: { start: place.startLine, end: place.endLine } }),
      ...(start !== undefined && { start: offset(start) }),
      ...(work !== undefined && { work: offset(work) }),
      ...(end && { end: offset(end.time) }),
      reasons: reasons.get(id) ?? [],
      ...(end?.error && { error: end.error.message }),
      ...(log && { log }),
    };
  });
  return reported.toSorted((a, b) => (a.start ?? Infinity) - (b.start ?? Infinity) || 0);
}

function outcomeOf({ start, end }: SeenStep): ReportStep['outcome'] {
  if (start === undefined) return 'waiting';
  if (!end) return 'running';
  const outcomes = { done: 'ran', cached: 'cached', error: 'failed', canceled: 'canceled' } as const;
  return outcomes[end.status];
}

function imageOf({ platform, digest, layers }: Extract<BuildEvent, { kind: 'image' }>): ReportImage {
  return { platform, digest, layers };
}
