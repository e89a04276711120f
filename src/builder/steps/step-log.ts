// The output of a step as log events, without the secrets that it and the steps before it were given.
import type { BuildTools } from '../build-tools.js';
import { createStreamRedactor, redactError, type StreamRedactor } from '../secrets/redactor.js';
import { hiddenPatterns } from '../secrets/secret-patterns.js';

export interface StepLog {
  write(stream: 1 | 2, data: Uint8Array): void;
  /** Runs the step and gives out at its end what was held back; what it throws has no secret in it. */
  around<T>(work: () => Promise<T>): Promise<T>;
  /** The last of what went out, of both streams. */
  tail(): string;
}

/** Characters of `tail`, about. */
const TAIL = 8192;

/** Make it when the secrets of the step have been read. */
export function createStepLog(tools: Pick<BuildTools, 'emit' | 'now' | 'secrets'>, id: string): StepLog {
  const patterns = hiddenPatterns(tools.secrets.used());
  let last = Buffer.alloc(0);
  const emit = (stream: 1 | 2, data: Uint8Array): void => {
    if (data.length === 0) return;
    tools.emit({ kind: 'step-log', id, stream, data, time: tools.now() });
    last = Buffer.concat([last, data.subarray(-TAIL)]).subarray(-TAIL);
  };
  const tail = (): string => last.toString('utf8');
  if (patterns.length === 0) return { write: emit, around: (work) => work(), tail };
  const redactors: Readonly<Record<1 | 2, StreamRedactor>> = {
    1: createStreamRedactor(patterns),
    2: createStreamRedactor(patterns),
  };
  return {
    tail,
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
