// The output of a step as log events, without the secrets that it and the steps before it were given.
import type { BuildTools } from '../build-tools.js';
import { createStreamRedactor, redactError, type StreamRedactor } from '../secrets/redactor.js';
import { hiddenPatterns } from '../secrets/secret-patterns.js';

export interface StepLog {
  write(stream: 1 | 2, data: Uint8Array): void;
  /** Runs the step and gives out at its end what was held back; what it throws has no secret in it. */
  around<T>(work: () => Promise<T>): Promise<T>;
}

/** Make it when the secrets of the step have been read. */
export function createStepLog(tools: Pick<BuildTools, 'emit' | 'now' | 'secrets'>, id: string): StepLog {
  const patterns = hiddenPatterns(tools.secrets.used());
  const emit = (stream: 1 | 2, data: Uint8Array): void => {
    if (data.length > 0) tools.emit({ kind: 'step-log', id, stream, data, time: tools.now() });
  };
  if (patterns.length === 0) return { write: emit, around: (work) => work() };
  const redactors: Readonly<Record<1 | 2, StreamRedactor>> = {
    1: createStreamRedactor(patterns),
    2: createStreamRedactor(patterns),
  };
  return {
    write: (stream, data) => emit(stream, redactors[stream].push(data)),
    async around(work) {
      try {
        return await work();
      } catch (error) {
        throw redactError(error, patterns);
      } finally {
        emit(1, redactors[1].end());
        emit(2, redactors[2].end());
      }
    },
  };
}
