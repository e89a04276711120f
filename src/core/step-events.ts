// Brackets a piece of work with the events of one displayed step.
import { TsbuildError } from './errors.js';
import type { StepRef } from './events.js';
import type { Session } from '../builder/session.js';

export interface StepReporter {
  readonly id: string;
  /** As shown. */
  readonly name: string;
  /** Call when the result comes from the cache. */
  markCached(): void;
}

/** Runs `work` as the step `ref`; its end, and the way it ended, become events. */
export async function reportStep<T>(
  session: Pick<Session, 'emit' | 'now'>,
  ref: StepRef,
  work: (reporter: StepReporter) => Promise<T>,
): Promise<T> {
  let isCached = false;
  session.emit({ kind: 'step-start', step: ref, time: session.now() });
  try {
    const result = await work({ id: ref.id, name: ref.name, markCached: () => (isCached = true) });
    session.emit({ kind: 'step-end', id: ref.id, status: isCached ? 'cached' : 'done', time: session.now() });
    return result;
  } catch (error) {
    session.emit(endOf(ref.id, error, session.now()));
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
