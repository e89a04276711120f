// What was asked of a worker and is not answered yet, and the processes that live in it, by their numbers.
import type { TsbuildError } from '../../core/errors.js';
import { errorOf } from '../../host/failure-message.js';
import type { Answer, FromWorker } from '../protocol.js';
import type { ProcessExit, ProcessIo } from '../sandbox.js';

export interface Requests {
  /** A number that none has. */
  next(): number;
  /**
   * Sends a request and waits for its answer. `isForgotten`: the worker may end without it.
   * @throws TsbuildError that it is answered by, or why the worker is gone
   */
  ask(id: number, send: () => void, options?: { readonly isForgotten?: boolean }): Promise<Answer>;
  /** The process that is asked for with this number. @returns its exit; what keeps it from starting too is thrown */
  follow(id: number, onOutput: ProcessIo['onOutput']): Promise<ProcessExit>;
  /** Takes what the worker says. */
  take(message: FromWorker): void;
  /** The worker is gone. */
  end(reason: TsbuildError): void;
  /** Why it is gone. */
  gone(): TsbuildError | undefined;
  /** Whether something is waited for. */
  isBusy(): boolean;
}

interface Waiting<Result> {
  readonly resolve: (result: Result) => void;
  readonly reject: (error: TsbuildError) => void;
}

interface Living extends Waiting<ProcessExit> {
  readonly onOutput: ProcessIo['onOutput'];
}

export function createRequests(): Requests {
  const pending = new Map<number, Waiting<Answer> & { readonly isForgotten: boolean }>();
  const living = new Map<number, Living>();
  let lastId = 0;
  let reason: TsbuildError | undefined;

  function fail(id: number, error: TsbuildError): void {
    for (const waiting of [pending, living]) {
      waiting.get(id)?.reject(error);
      waiting.delete(id);
    }
  }

  return {
    next: () => ++lastId,
    ask: (id, send, { isForgotten = false } = {}) =>
      new Promise((resolve, reject) => {
        if (reason) return reject(reason);
        pending.set(id, { resolve, reject, isForgotten });
        send();
      }),
    follow: (id, onOutput) =>
      new Promise((resolve, reject) => {
        if (reason) return reject(reason);
        living.set(id, { onOutput, resolve, reject });
      }),
    take(message) {
      if (!('id' in message)) return;
      const { id } = message;
      if (message.kind === 'output') return living.get(id)?.onOutput(message.stream, message.data);
      if (message.kind === 'failed') return fail(id, errorOf(message.failure));
      if (message.kind === 'exited') {
        living.get(id)?.resolve(message.exit);
        living.delete(id);
        return;
      }
      pending.get(id)?.resolve(message);
      pending.delete(id);
    },
    end(error) {
      reason = error;
      for (const id of [...pending.keys(), ...living.keys()]) fail(id, error);
    },
    gone: () => reason,
    isBusy: () => living.size > 0 || [...pending.values()].some(({ isForgotten }) => !isForgotten),
  };
}
