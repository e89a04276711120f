// Long work of this process in turns with everything else: a signal is seen only between two turns of the event loop.
import { TsbuildError } from './errors.js';

/** A turn of the work; seconds. A pause costs some microseconds. */
const TURN = 0.05;

export interface TurnTaking {
  /** Seconds. */
  now(): number;
  readonly signal: AbortSignal;
}

/** The result of work that yields where it may pause. @throws TsbuildError ABORTED, and what the work throws */
export async function inTurns<T>(work: Generator<void, T>, { now, signal }: TurnTaking): Promise<T> {
  for (let end = now() + TURN; ;) {
    const { done, value } = work.next();
    if (done) return value;
    if (now() < end) continue;
    await pause(signal);
    end = now() + TURN;
  }
}

/** Lets everything else have a turn. @throws TsbuildError ABORTED */
export async function pause(signal: AbortSignal): Promise<void> {
  await new Promise((resolve) => setImmediate(resolve));
  if (signal.aborted)
    throw new TsbuildError('ABORTED', 'the build was interrupted', { cause: signal.reason });
}
