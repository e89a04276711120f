// The events of several builds as those of one: steps have the name of their target (buildx util/progress, WithPrefix).
import type { BuildEvent, EventSink, StageRef, StepRef } from './core/events.js';

/** @param target absent when there is one build only */
export function eventsOf(target: string | undefined, emit: EventSink): EventSink {
  if (target === undefined) return emit;
  return (event) => emit(named(event, target));
}

function named(event: BuildEvent, target: string): BuildEvent {
  const stepOf = ({ id, name }: StepRef): StepRef => ({
    id: `${target}/${id}`,
    name: nameWith(target, name),
  });
  switch (event.kind) {
    case 'plan':
      return {
        ...event,
        steps: event.steps.map(stepOf),
        ...(event.stages && { stages: event.stages.map((stage) => stageOf(stage, target)) }),
      };
    case 'step-start':
      return { ...event, step: stepOf(event.step) };
    case 'step-work':
    case 'step-log':
    case 'step-progress':
    case 'step-end':
      return { ...event, id: `${target}/${event.id}` };
    default:
      return event;
  }
}

function stageOf(stage: StageRef, target: string): StageRef {
  const idsOf = (ids: readonly string[]) => ids.map((id) => `${target}/${id}`);
  return {
    ...stage,
    id: `${target}/${stage.id}`,
    name: `${target} ${stage.name}`,
    needs: idsOf(stage.needs),
    steps: stage.steps.map(({ id, needs, ...step }) => ({
      ...step,
      id: `${target}/${id}`,
      ...(needs && { needs: idsOf(needs) }),
    })),
  };
}

/** `[build 1/2] RUN make` of app is `[app build 1/2] RUN make`. */
function nameWith(target: string, name: string): string {
  return name.startsWith('[') ? `[${target} ${name.slice(1)}` : `[${target}] ${name}`;
}
