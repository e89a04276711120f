// How something is asked of a worker that may take its time: until it is answered, the signal of whoever asks ends it
// there.
import { TsbuildError } from '../../core/errors.js';
import type { ToWorker } from '../protocol.js';
import type { Requests } from './requests.js';

export interface WorkerChannel {
  send(message: ToWorker): void;
  readonly requests: Requests;
  /** The error that is thrown in the place of another. */
  explain(error: unknown): unknown;
}

export function interrupted(): TsbuildError {
  return new TsbuildError('ABORTED', 'the process was interrupted');
}

/** @throws TsbuildError ABORTED when `signal` is aborted before, and what `ask` throws */
export async function untilAborted<Result>(
  { send, explain }: Pick<WorkerChannel, 'send' | 'explain'>,
  id: number,
  signal: AbortSignal,
  ask: () => Promise<Result>,
): Promise<Result> {
  if (signal.aborted) throw interrupted();
  const abort = (): void => send({ kind: 'abort', id });
  signal.addEventListener('abort', abort);
  try {
    return await ask();
  } catch (error) {
    throw explain(error);
  } finally {
    signal.removeEventListener('abort', abort);
  }
}
