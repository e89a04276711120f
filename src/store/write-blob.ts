// A blob whose digest is known only when all of it was written.
import { createHash } from 'node:crypto';
import { closeSync, fsync, openSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { digestOfHash, type Digest } from '../core/digest.js';
import { followedFile } from '../host/followed-file.js';
import { writeAll } from '../host/write-all.js';
import { commitFile, storeWriteError, temporaryName } from './durable-write.js';
import type { StorePaths } from './store-paths.js';

const FLUSH_BYTES = 16 << 20;

export interface WrittenBlob {
  readonly digest: Digest;
  readonly size: number;
}

/** A file that grows until all of a blob is in it. */
export interface GrowingFile {
  /**
   * The bytes as they are written.
   * @throws TsbuildError ABORTED; what the writing throws; ENOENT when the blob got its name before the first was asked
   * for
   */
  follow(signal: AbortSignal): AsyncGenerator<Buffer, void>;
  /** All bytes can be read; they may not be on the disk yet. Rejects when the blob fails. */
  readonly written: Promise<WrittenBlob>;
}

/**
 * The blob is on the disk when this returns.
 * @throws what `chunks` throws; TsbuildError STORE_FULL, STORE_UNWRITABLE
 */
export async function writeBlob(
  paths: StorePaths,
  chunks: AsyncIterable<Buffer>,
  onBegun?: (growing: GrowingFile) => void,
): Promise<WrittenBlob> {
  const temporary = temporaryName(paths.tmp);
  try {
    const fd = openSync(temporary, 'wx', 0o644);
    const flushing = createFlushing(fd);
    let blob: WrittenBlob;
    try {
      const { wrote, end, follow } = followedFile(temporary);
      const written = writeChunks(fd, chunks, (chunk, size) => {
        wrote(chunk);
        flushing.written(size);
      });
      written.then(
        () => end(),
        (error: unknown) => end({ error }),
      );
      onBegun?.({ follow, written });
      blob = await written;
      await flushing.end();
    } finally {
      await flushing.settle();
      closeSync(fd);
    }
    commitFile(temporary, paths.blob(blob.digest));
    return blob;
  } catch (error) {
    throw storeWriteError(error, temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
}

async function writeChunks(
  fd: number,
  chunks: AsyncIterable<Buffer>,
  onWritten: (chunk: Buffer, size: number) => void,
): Promise<WrittenBlob> {
  const hash = createHash('sha256');
  let size = 0;
  for await (const chunk of chunks) {
    hash.update(chunk);
    writeAll(fd, chunk);
    size += chunk.length;
    onWritten(chunk, size);
  }
  return { digest: digestOfHash(hash), size };
}

/** Brings a file to the disk while more of it is being made, so that little is left for the end. */
function createFlushing(fd: number) {
  let flushed = 0;
  let flushes = Promise.resolve();
  const flush = (): Promise<void> => (flushes = flushes.then(() => promisify(fsync)(fd)));
  return {
    written(size: number): void {
      if (size - flushed < FLUSH_BYTES) return;
      flushed = size;
      flush().catch(() => undefined);
    },
    /** @throws the error of the first flush that failed */
    end: flush,
    /** Resolves when nothing uses the file any more. */
    settle: (): Promise<void> => flushes.catch(() => undefined),
  };
}
