// An answer of a registry, in the hands of the test: it comes in pieces, waits, or fails.
import { TsbuildError } from '../../src/core/errors.js';

export interface ScriptedAnswer {
  /** `resolve base`, `config of base`, `layer 0 of base`. */
  readonly ask: string;
  /** Whether nobody wants it any more. */
  readonly isAborted: boolean;
  /** Sends the next bytes, or all that are left. */
  sends(bytes?: number): void;
  fails(error: TsbuildError): void;
}

export interface OpenAnswer {
  readonly answer: ScriptedAnswer;
  /** What the test lets out, as it does. @throws TsbuildError ABORTED, or what the test lets it fail with */
  readonly chunks: () => AsyncGenerator<Buffer>;
}

export function openAnswer(ask: string, bytes: Buffer, signal: AbortSignal | undefined): OpenAnswer {
  let sent = 0;
  let given = 0;
  let failure: TsbuildError | undefined;
  let wake = (): void => undefined;
  signal?.addEventListener('abort', () => wake());
  const answer: ScriptedAnswer = {
    ask,
    get isAborted() {
      return signal?.aborted === true;
    },
    sends(count = bytes.length - sent) {
      sent = Math.min(sent + count, bytes.length);
      wake();
    },
    fails(error) {
      failure = error;
      wake();
    },
  };
  async function* chunks(): AsyncGenerator<Buffer> {
    while (given < bytes.length) {
      if (signal?.aborted) throw new TsbuildError('ABORTED', 'interrupted', { cause: signal.reason });
      if (given < sent) {
        const piece = bytes.subarray(given, sent);
        given = sent;
        yield piece;
      } else if (failure) throw failure;
      else await new Promise<void>((resolve) => (wake = resolve));
    }
  }
  return { answer, chunks };
}
