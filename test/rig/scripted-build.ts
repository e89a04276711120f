// A build that a test began: how it ends, and what it said on the way.
import type { BuildOptions } from '../../src/build-options.js';
import { TsbuildError } from '../../src/core/errors.js';
import type { BuildEvent } from '../../src/core/events.js';
import type { MissReason } from '../../src/core/miss-reason.js';
import type { BuildResult } from '../../src/plan/request.js';

export interface ScriptedBuild {
  readonly result: Promise<BuildResult>;
  /** The failure of a build that must fail. @throws Error when it does not, or with what is no TsbuildError */
  failure(): Promise<TsbuildError>;
  abort(reason: Error): void;
  readonly events: readonly BuildEvent[];
  /** Called with each event; the build goes on when it returns. */
  whenever(onEvent: (event: BuildEvent) => void): void;
  /** `RUN one: done`, in the order of their ends: what stands in the Dockerfile, and nothing else. */
  readonly ends: readonly string[];
  /** Why steps were made, by their names without the place. */
  readonly misses: Readonly<Record<string, MissReason>>;
  /** What a step has printed, by its name without the place: `RUN one`. */
  output(step: string): string;
  readonly notes: readonly string[];
}

/** @param build gets the signal and the sink of events */
export function beginBuild(
  build: (options: Pick<BuildOptions, 'signal' | 'onEvent'>) => Promise<BuildResult>,
): ScriptedBuild {
  const controller = new AbortController();
  const events: BuildEvent[] = [];
  let tell: Parameters<ScriptedBuild['whenever']>[0] = () => undefined;
  const result = build({
    signal: controller.signal,
    onEvent(event) {
      events.push(event);
      tell(event);
    },
  });
  // Of a build that nobody waits for before it has failed.
  result.catch(() => undefined);
  return {
    result,
    whenever: (onEvent) => (tell = onEvent),
    async failure() {
      const error = await result.then(
        () => new Error('the build did not fail'),
        (failed: unknown) => failed,
      );
      if (error instanceof TsbuildError) return error;
      throw error;
    },
    abort: (reason) => controller.abort(reason),
    events,
    get ends() {
      const names = stepNames(events);
      return events.flatMap((event) => {
        const name = event.kind === 'step-end' ? names.get(event.id) : undefined;
        return event.kind === 'step-end' && name !== undefined ? [`${name}: ${event.status}`] : [];
      });
    },
    get misses() {
      const names = stepNames(events);
      return Object.fromEntries(
        events.flatMap((event) => {
          const name = event.kind === 'step-end' ? names.get(event.id) : undefined;
          return event.kind === 'step-end' && name !== undefined && event.miss ? [[name, event.miss]] : [];
        }),
      );
    },
    output(step) {
      const names = stepNames(events);
      return events
        .map((event) =>
          event.kind === 'step-log' && names.get(event.id) === step ? Buffer.from(event.data).toString() : '',
        )
        .join('');
    },
    get notes() {
      return events.flatMap((event) => (event.kind === 'note' ? [event.message] : []));
    },
  };
}

/** By id, without `[stage 1/2]`. */
function stepNames(events: readonly BuildEvent[]): ReadonlyMap<string, string> {
  const names = new Map<string, string>();
  for (const event of events) {
    if (event.kind !== 'step-start') continue;
    const { id, name } = event.step;
    const [, place, what] = /^\[([^\]]*)\] (.*)$/s.exec(name) ?? [];
    if (place !== undefined && what !== undefined && place !== 'internal') names.set(id, what);
  }
  return names;
}
