// Work on the same thing by several users, one after the other: who comes second can look at what the first has done.
// Invariant: who asks is in the queue before the call returns, so what is asked for in one go is asked for as one, and
// users wait for earlier ones only.
import { TsbuildError } from './errors.js';

/** What a user may do when it is its turn. */
export interface Turn {
  /** Somebody else had a turn at it meanwhile, well or not. */
  readonly hasWaited: boolean;
}

/** @throws what `work` throws; TsbuildError ABORTED when the signal comes before the turn */
export type OneByOne = <T>(key: string, signal: AbortSignal, work: (turn: Turn) => Promise<T>) => Promise<T>;

/** Remembers nothing of what is over. */
export function createOneByOne(): OneByOne {
  const queues = new Map<string, Promise<unknown>>();
  return (key, signal, work) => {
    const before = queues.get(key);
    const mine = before ? afterwards(before, signal, work) : work({ hasWaited: false });
    const over = Promise.allSettled([before, mine]);
    queues.set(key, over);
    void over.then(() => queues.get(key) === over && queues.delete(key));
    return mine;
  };
}

async function afterwards<T>(
  before: Promise<unknown>,
  signal: AbortSignal,
  work: (turn: Turn) => Promise<T>,
): Promise<T> {
  await untilAborted(before, signal);
  return work({ hasWaited: true });
}

function untilAborted(before: Promise<unknown>, signal: AbortSignal): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => reject(new TsbuildError('ABORTED', 'canceled'));
    if (signal.aborted) return onAbort();
    signal.addEventListener('abort', onAbort, { once: true });
    void before.then(() => {
      signal.removeEventListener('abort', onAbort);
      resolve();
    });
  });
}
