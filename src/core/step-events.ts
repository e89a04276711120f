// Brackets a piece of work with the events of one displayed step.
import { TsbuildError } from './errors.js';
import type { EventSink, StepRef } from './events.js';
import type { ChangedPaths, MissReason } from './miss-reason.js';

/** What events are told with. */
export interface Emitter {
  readonly emit: EventSink;
  /** Seconds since the epoch. */
  now(): number;
}

export interface StepReporter {
  readonly id: string;
  /** As shown. */
  readonly name: string;
  /** Call when the result comes from the cache. @param from name of a cache that is not the store */
  markCached(from?: string): void;
  /** Call before the work that the cache did not spare. */
  markMissed(reason: MissReason): void;
  /** Call when it is known how what it made differs from the last time. */
  markChanged(changed: ChangedPaths): void;
  /** Call when what the step waited for is there and its own work begins. */
  markBegun(): void;
}

/** Runs `work` as the step `ref`; its end, and the way it ended, become events. */
export async function reportStep<T>(
  { emit, now }: Emitter,
  ref: StepRef,
  work: (reporter: StepReporter) => Promise<T>,
): Promise<T> {
  let isCached = false;
  let origin: string | undefined;
  let miss: MissReason | undefined;
  let changed: ChangedPaths | undefined;
  emit({ kind: 'step-start', step: ref, time: now() });
  try {
    const result = await work({
      id: ref.id,
      name: ref.name,
      markCached(from) {
        isCached = true;
        origin = from;
      },
      markMissed: (reason) => (miss = reason),
      markChanged: (paths) => (changed = paths),
      markBegun: () => emit({ kind: 'step-work', id: ref.id, time: now() }),
    });
    const status = isCached ? 'cached' : 'done';
    const told = {
      ...(miss && { miss }),
      ...(changed && { changed }),
      ...(origin !== undefined && { from: origin }),
    };
    emit({ kind: 'step-end', id: ref.id, status, ...told, time: now() });
    return result;
  } catch (error) {
    emit({ ...endOf(ref.id, error, now()), ...(miss && { miss }) });
    throw error;
  }
}

function endOf(id: string, error: unknown, time: number) {
  if (error instanceof TsbuildError && error.code === 'ABORTED')
    return { kind: 'step-end', id, status: 'canceled', time } as const;
  const code = error instanceof TsbuildError ? error.code : ('INTERNAL' as const);
  const message = error instanceof Error ? error.message : String(error);
  return { kind: 'step-end', id, status: 'error', error: { code, message }, time } as const;
}
