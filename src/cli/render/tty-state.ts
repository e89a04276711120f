// What tty mode knows of a build: events in, steps with their rows and last lines out. Draws nothing.
import { isStepEvent, type BuildEvent, type StepEvent, type StepRef } from '../../core/events.js';
import type { ProgressEvent } from './format.js';
import { createLogTail, type LogTail } from './log-tail.js';

type StepEnd = Extract<BuildEvent, { kind: 'step-end' }>;

export interface TtyStep {
  readonly name: string;
  /** When it began; of a step that waited for something, when its own work began. Seconds. */
  startTime: number;
  end: StepEnd | undefined;
  /** By what moves. The time is that of the first event of the row. */
  readonly rows: Map<string, { readonly startTime: number; latest: ProgressEvent }>;
  /** The last lines of its output. */
  readonly tail: LogTail;
  logSize: number;
}

export interface TtyState {
  /** False for an event that changes nothing of what is shown. */
  readonly apply: (event: BuildEvent) => boolean;
  /** In the order in which they began. */
  readonly steps: () => readonly TtyStep[];
  /** Steps that have begun, and those that the plan says will. */
  readonly total: () => number;
  /** Of the first event that is shown; undefined before. */
  readonly startTime: () => number | undefined;
}

/** @param logLines of a step that are kept */
export function createTtyState(logLines: number): TtyState {
  const steps = new Map<string, TtyStep>();
  const awaited = new Set<string>();
  let startTime: number | undefined;

  const begin = ({ id, name }: StepRef, time: number): void => {
    awaited.delete(id);
    const tail = createLogTail(logLines);
    steps.set(id, { name, startTime: time, end: undefined, rows: new Map(), tail, logSize: 0 });
  };
  const apply = (event: BuildEvent): boolean => {
    if (event.kind === 'plan') {
      startTime ??= event.time;
      for (const { id } of event.steps) if (!steps.has(id)) awaited.add(id);
      return true;
    }
    if (!isStepEvent(event)) return false;
    startTime ??= event.time;
    if (event.kind === 'step-start') {
      begin(event.step, event.time);
      return true;
    }
    const step = steps.get(event.id);
    if (step) change(step, event);
    return step !== undefined;
  };
  return {
    apply,
    steps: () => [...steps.values()],
    total: () => steps.size + awaited.size,
    startTime: () => startTime,
  };
}

type StepChange = Exclude<StepEvent, { kind: 'step-start' }>;

function change(step: TtyStep, event: StepChange): void {
  switch (event.kind) {
    case 'step-work':
      step.startTime = event.time;
      return;
    case 'step-log':
      step.tail.write(event.data);
      step.logSize += event.data.length;
      return;
    case 'step-end':
      step.end = event;
      return;
    case 'step-progress': {
      const startTime = step.rows.get(event.item)?.startTime ?? event.time;
      step.rows.set(event.item, { startTime, latest: event });
    }
  }
}
