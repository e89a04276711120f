// How many bodies of layers go down from and up to one origin at a time, so that small requests always find a
// connection.
// Invariant: who waits in one lane waits for nobody in the other, so a blob that is sent on while it is fetched from
// the same registry cannot wait for itself.
import { TsbuildError } from '../core/errors.js';
import type { RequestBody } from './upload-body.js';

export type Lane = 'down' | 'up';

/** A body up to this size is a document. */
const SMALL_BODY = 64 * 1024;

/** The lane of an exchange that carries a layer; undefined for the others. `isDocument`: the answer is read at once. */
export function laneOf(
  { method = 'GET', body }: { readonly method?: string; readonly body?: string | RequestBody },
  isDocument: boolean,
): Lane | undefined {
  if (typeof body === 'object') return (body.size ?? Infinity) > SMALL_BODY ? 'up' : undefined;
  return method === 'GET' && !isDocument ? 'down' : undefined;
}

/** Gives the place back; idempotent. */
export type Leave = () => void;

export interface Lanes {
  /** Waits for a place. @throws TsbuildError ABORTED */
  enter(origin: string, lane: Lane, signal: AbortSignal | undefined): Promise<Leave>;
}

interface Queue {
  free: number;
  readonly waiting: Set<() => void>;
}

function waitIn({ waiting }: Queue, signal: AbortSignal | undefined): Promise<void> {
  return new Promise((resolve, reject) => {
    const onAbort = (): void => {
      waiting.delete(onTurn);
      reject(new TsbuildError('ABORTED', 'canceled'));
    };
    const onTurn = (): void => {
      signal?.removeEventListener('abort', onAbort);
      resolve();
    };
    if (signal?.aborted) return onAbort();
    waiting.add(onTurn);
    signal?.addEventListener('abort', onAbort, { once: true });
  });
}

/** `width`: bodies at a time per origin and lane. */
export function createLanes(width: number): Lanes {
  const queues = new Map<string, Queue>();
  const queueOf = (key: string): Queue => {
    const known = queues.get(key) ?? { free: width, waiting: new Set() };
    queues.set(key, known);
    return known;
  };
  const leaveOf = (queue: Queue): Leave => {
    let hasLeft = false;
    return () => {
      if (hasLeft) return;
      hasLeft = true;
      const [next] = queue.waiting;
      if (next === undefined) {
        queue.free += 1;
        return;
      }
      queue.waiting.delete(next);
      next();
    };
  };
  return {
    async enter(origin, lane, signal) {
      const queue = queueOf(`${lane} ${origin}`);
      if (queue.free > 0) queue.free -= 1;
      else await waitIn(queue, signal);
      return leaveOf(queue);
    },
  };
}
