// Writes a layer to a file: the tar stream, and what the disk has to say about it. Reading and hashing go on while earlier chunks are
// written, and a big layer is brought to the disk on the way, so that syncing it at the end takes little time.
import { fdatasync, write } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
import type { LayerEntry } from '../entry.js';
import { createChunkHasher } from './chunk-hasher.js';
import { tarChunks, type TarOptions } from './tar-chunks.js';
import type { WrittenLayer } from './tar-stream.js';

export interface LayerWriterOptions extends TarOptions {
  /** Open for writing at its start; left open, not synced. */
  readonly fd: number;
}

/** Chunks that are filled or written at one time. */
const CHUNKS = 3;
const SYNC_BYTES = 64 << 20;

function writeFailure(cause: unknown): TsbuildError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new TsbuildError('STORE_FULL', 'no space left for the layer', {
      hint: 'free space with: tsbuild prune',
      cause,
    });
  }
  return new TsbuildError('STORE_UNWRITABLE', `cannot write the layer: ${String(cause)}`, { cause });
}

function writeFully(fd: number, chunk: Buffer, position: number): Promise<void> {
  return new Promise((resolve, reject) => {
    const next = (done: number): void => {
      write(fd, chunk, done, chunk.length - done, position + done, (error, count) => {
        if (error) reject(writeFailure(error));
        else if (done + count === chunk.length) resolve();
        else next(done + count);
      });
    };
    next(0);
  });
}

function sync(fd: number): Promise<void> {
  return new Promise((resolve, reject) => {
    fdatasync(fd, (error) => (error ? reject(writeFailure(error)) : resolve()));
  });
}

interface FileWriter {
  /** Takes a chunk; resolves when the one that is to be filled next has been written. */
  write(chunk: Buffer): Promise<void>;
  /** Waits for all that was begun, also when it fails: only then may the file be closed. */
  settle(): Promise<void>;
}

function createFileWriter(fd: number): FileWriter {
  const writing: Promise<void>[] = [];
  /** All of them, since the kernel tells of a failure once only. */
  const syncs: Promise<void>[] = [];
  let isSyncing = false;
  let total = 0;
  let syncedAt = 0;

  function syncNowAndThen(): void {
    if (isSyncing || total - syncedAt < SYNC_BYTES) return;
    syncedAt = total;
    isSyncing = true;
    const begun = sync(fd).finally(() => (isSyncing = false));
    begun.catch(() => undefined);
    syncs.push(begun);
  }

  return {
    async write(chunk) {
      const begun = writeFully(fd, chunk, total);
      begun.catch(() => undefined);
      writing.push(begun);
      total += chunk.length;
      syncNowAndThen();
      if (writing.length >= CHUNKS) await writing.shift();
    },
    async settle() {
      const ends = await Promise.allSettled([...writing, ...syncs]);
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}

/**
 * Writes the layer tar of `entries` in one pass. See `tarChunks` for the order of entries and for further errors.
 * @throws TsbuildError STORE_FULL | STORE_UNWRITABLE
 */
export async function writeLayer(
  entries: Iterable<LayerEntry>,
  { fd, ...options }: LayerWriterOptions,
): Promise<WrittenLayer> {
  const tar = tarChunks(entries, { ...options, held: CHUNKS });
  const hasher = createChunkHasher();
  const file = createFileWriter(fd);
  try {
    for await (const { data, ranges, contents } of tar.chunks) {
      const written = file.write(data);
      const digests = hasher.add(data, ranges);
      contents.forEach((content, i) => content.settle(digests[i]!));
      await written;
    }
  } catch (error) {
    await file.settle().catch(() => undefined);
    throw error;
  }
  await file.settle();
  const diffId = hasher.digest();
  return { diffId, size: tar.size(), index: tar.index(diffId) };
}
