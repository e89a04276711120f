// Where an archive goes: a file that is complete before it has its name, or standard output.
import { once } from 'node:events';
import { resolve } from 'node:path';
import { TsbuildError } from '../core/errors.js';
import { replaceFile } from './replace-file.js';

export interface ChunkTarget {
  /** A path, or `-`. */
  readonly dest: string;
  readonly cwd: string;
  /** Asked for only when something is written to it. */
  stdout(): NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** @throws TsbuildError OUTPUT_FAILED, ABORTED */
export async function writeChunks(chunks: AsyncIterable<Buffer>, target: ChunkTarget): Promise<void> {
  if (target.dest === '-') return writeToStream(chunks, target);
  await replaceFile(resolve(target.cwd, target.dest), async (file) => {
    for await (const chunk of chunks) {
      assertRunning(target.signal);
      await file.writeFile(chunk);
    }
  });
}

async function writeToStream(chunks: AsyncIterable<Buffer>, target: ChunkTarget): Promise<void> {
  const stdout = target.stdout();
  for await (const chunk of chunks) {
    assertRunning(target.signal);
    if (!stdout.write(chunk)) await once(stdout, 'drain', { signal: target.signal });
  }
}

function assertRunning(signal: AbortSignal): void {
  if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted while writing the output');
}
