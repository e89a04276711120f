// A chunk hasher on a thread of its own, so that a big layer is hashed by another core than the one that reads it. The
// result is that of the same hasher here: how many threads there are is in no byte.
import { existsSync } from 'node:fs';
import { fileURLToPath } from 'node:url';
import { Worker } from 'node:worker_threads';
import type { DiffId } from '../../core/digest.js';
import { invariant } from '../../core/errors.js';
import type { HashedRange } from './chunk-hasher.js';
import { packRanges, splitDigests, type FromHashThread, type ToHashThread } from './hash-messages.js';

export interface HashThread {
  /** As ChunkHasher.add. `data` begins where its shared memory does, and must stay as it is until the answer. */
  add(data: Buffer, ranges: readonly HashedRange[]): Promise<readonly string[]>;
  /** Of all chunks; the thread ends. Once. */
  digest(): Promise<DiffId>;
  /** Ends the thread when there will be no `digest`. */
  abandon(): void;
}

interface Question {
  resolve(answer: FromHashThread): void;
  reject(error: unknown): void;
}

export function startHashThread(): HashThread {
  const worker = new Worker(threadScript(), { env: {}, execArgv: [] });
  const questions: Question[] = [];
  let failure: unknown;
  worker.on('message', (answer: FromHashThread) => questions.shift()?.resolve(answer));
  const fail = (error: unknown): void => {
    failure ??= error;
    for (const question of questions.splice(0)) question.reject(failure);
  };
  worker.on('error', fail);
  worker.on('exit', () => fail(new Error('the thread that hashes a layer has ended')));

  function ask(message: ToHashThread): Promise<FromHashThread> {
    return new Promise((resolve, reject) => {
      if (failure !== undefined) return reject(failure);
      questions.push({ resolve, reject });
      worker.postMessage(message, []);
    });
  }

  return {
    async add(data, ranges) {
      const { buffer, byteOffset, length } = data;
      invariant(
        buffer instanceof SharedArrayBuffer && byteOffset === 0,
        'a chunk in memory that is not shared',
      );
      return splitDigests(await ask({ memory: buffer, length, ranges: packRanges(ranges) }));
    },
    digest: async () => (await ask('finish')) as DiffId,
    abandon: () => void worker.terminate(),
  };
}

/** Beside the bundle, or in the folder of a file-by-file build. */
function threadScript(): string {
  const candidates = ['../layer/tar/', './layer/tar/', '../../layer/tar/'].map(
    (at) => `${at}hash-thread-main.cjs`,
  );
  const paths = [...candidates, './hash-thread-main.js'].map((candidate) =>
    fileURLToPath(new URL(candidate, import.meta.url)),
  );
  const found = paths.find((path) => existsSync(path));
  invariant(found, `none of ${paths.join(', ')} exists`);
  return found;
}
