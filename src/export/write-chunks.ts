// Where an archive goes: a file that is complete before it has its name, or standard output.
import { open, rename, rm } from 'node:fs/promises';
import { once } from 'node:events';
import { resolve } from 'node:path';
import { TsbuildError } from '../core/errors.js';
import { outputError } from './image-archive.js';

export interface ChunkTarget {
  /** A path, or `-`. */
  readonly dest: string;
  readonly cwd: string;
  readonly stdout: NodeJS.WritableStream;
  readonly signal: AbortSignal;
}

/** @throws TsbuildError OUTPUT_FAILED, ABORTED */
export async function writeChunks(chunks: AsyncIterable<Buffer>, target: ChunkTarget): Promise<void> {
  if (target.dest === '-') return writeToStream(chunks, target);
  const path = resolve(target.cwd, target.dest);
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    const file = await open(temporary, 'wx');
    try {
      for await (const chunk of chunks) {
        assertRunning(target.signal);
        await file.writeFile(chunk);
      }
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw outputError(error, target.dest);
  }
}

async function writeToStream(chunks: AsyncIterable<Buffer>, target: ChunkTarget): Promise<void> {
  for await (const chunk of chunks) {
    assertRunning(target.signal);
    if (!target.stdout.write(chunk)) await once(target.stdout, 'drain', { signal: target.signal });
  }
}

function assertRunning(signal: AbortSignal): void {
  if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted while writing the output');
}
