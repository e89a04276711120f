// Writes a layer to a file: the tar stream, and what the disk has to say about it. Reading and hashing go on while
// earlier chunks are written, and a big layer is brought to the disk on the way, so that syncing it at the end takes
// little time.
import { fdatasync, write } from 'node:fs';
import type { DiffId } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import type { IndexText } from '../index-codec.js';
import { writeAll } from '../../host/write-all.js';
import { createChunkHasher } from './chunk-hasher.js';
import type { TarEntry } from './copied-entries.js';
import type { TarChunk } from './copy-content.js';
import type { HashThread } from './hash-thread.js';
import { tarChunks, type TarOptions } from './tar-chunks.js';
import type { WrittenLayer } from './tar-stream.js';

export interface LayerWriterOptions extends TarOptions {
  /** Open for writing at its start; left open, not synced. */
  readonly fd: number;
  /** Bytes that the contents have, when that is known. */
  readonly contentBytes?: number | undefined;
}

export interface WrittenFile extends Omit<WrittenLayer, 'index'> {
  /** The text form of the index (index-codec.ts). */
  readonly indexText: IndexText;
}

/** Chunks that are filled, hashed or written at one time. */
const CHUNKS = 10;
/**
 * A layer of fewer chunks is hashed here: a thread takes longer to start. While it starts for others, the rest of the
 * chunks are filled.
 */
const THREAD_CHUNKS = 6;
const SYNC_BYTES = 64 << 20;
/** A layer of fewer bytes is hashed here for sure, chunk by chunk, while a chunk is in the cache of the core. */
const SMALL_BYTES = 16 << 20;
const SMALL = { chunks: 1, capacity: 512 << 10 };

function writeFailure(cause: unknown): TsbuildError {
  const code = cause instanceof Error && 'code' in cause ? cause.code : undefined;
  if (code === 'ENOSPC' || code === 'EDQUOT' || code === 'EFBIG') {
    return new TsbuildError('STORE_FULL', 'no space left for the layer', {
      hint: 'free disk space, or set TSBUILD_ROOT to a directory on a larger disk',
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
  /** Begins to write the next chunks. A caller that does not wait learns of a failure from `settle`. */
  write(chunk: Buffer): Promise<void>;
  /** Waits for all that was begun, also when it fails: only then may the file be closed. */
  settle(): Promise<void>;
}

function createFileWriter(fd: number): FileWriter {
  /** All of them, since the kernel tells of a failure once only. */
  const begun: Promise<void>[] = [];
  let isSyncing = false;
  let total = 0;
  let syncedAt = 0;

  function begin(work: Promise<void>): Promise<void> {
    work.catch(() => undefined);
    begun.push(work);
    return work;
  }

  function syncNowAndThen(): void {
    if (isSyncing || total - syncedAt < SYNC_BYTES) return;
    syncedAt = total;
    isSyncing = true;
    void begin(sync(fd).finally(() => (isSyncing = false)));
  }

  return {
    write(chunk) {
      const written = begin(writeFully(fd, chunk, total));
      total += chunk.length;
      syncNowAndThen();
      return written;
    },
    async settle() {
      const ends = await Promise.allSettled(begun);
      const failed = ends.find((end) => end.status === 'rejected');
      if (failed) throw failed.reason;
    },
  };
}

/** Writes at once: what goes to the kernel's memory in less time than it takes to wake a thread for it. */
function createPromptWriter(fd: number): FileWriter {
  let failure: unknown;
  return {
    async write(chunk) {
      try {
        writeAll(fd, chunk);
      } catch (error) {
        failure ??= writeFailure(error);
        throw failure;
      }
    },
    async settle() {
      if (failure !== undefined) throw failure;
    },
  };
}

interface LayerHash {
  /** Takes the next bytes; resolves when they have been hashed. */
  add(chunk: TarChunk): Promise<void>;
  /** Of the whole, when all contents have their hashes. */
  digest(): Promise<DiffId>;
  abandon(): void;
}

interface WaitingChunk {
  readonly chunk: TarChunk;
  readonly hash: (hashed: Promise<readonly string[]>) => void;
}

/** Hashes here, at once. */
function createOwnHash(): LayerHash {
  const hasher = createChunkHasher();
  let failure: unknown;
  return {
    async add({ data, ranges, contents }) {
      const digests = hasher.add(data, ranges);
      try {
        contents.forEach((content, i) => content.settle(digests[i]!));
      } catch (error) {
        failure ??= error;
        throw error;
      }
    },
    async digest() {
      if (failure !== undefined) throw failure;
      return hasher.digest();
    },
    abandon: () => undefined,
  };
}

/** Hashes small layers here, at the end, and others on a thread that is started when they turn out to be others. */
function createLayerHash(): LayerHash {
  const waiting: WaitingChunk[] = [];
  const added: Promise<void>[] = [];
  let thread: Promise<HashThread> | undefined;

  async function addToThread({ data, ranges }: TarChunk): Promise<readonly string[]> {
    thread ??= import('./hash-thread.js').then(({ startHashThread }) => startHashThread());
    return (await thread).add(data, ranges);
  }

  function wait(chunk: TarChunk): Promise<readonly string[]> {
    return new Promise((hash) => waiting.push({ chunk, hash }));
  }

  return {
    add(chunk) {
      if (!thread && waiting.length === THREAD_CHUNKS - 1)
        for (const early of waiting.splice(0)) early.hash(addToThread(early.chunk));
      const digests = thread ? addToThread(chunk) : wait(chunk);
      const hashed = digests.then((all) => chunk.contents.forEach((content, i) => content.settle(all[i]!)));
      hashed.catch(() => undefined);
      added.push(hashed);
      return hashed;
    },
    async digest() {
      const here = createChunkHasher();
      for (const { chunk, hash } of waiting.splice(0))
        hash(Promise.resolve(here.add(chunk.data, chunk.ranges)));
      await Promise.all(added);
      return thread ? (await thread).digest() : here.digest();
    },
    // A thread that did not start says so to the one who adds to it.
    abandon: () =>
      void thread?.then(
        (started) => started.abandon(),
        () => undefined,
      ),
  };
}

/**
 * Writes the layer tar of `entries` in one pass. See `tarChunks` for the order of entries and for further errors.
 * @throws TsbuildError STORE_FULL | STORE_UNWRITABLE
 */
export async function writeLayer(
  entries: Iterable<TarEntry>,
  { fd, contentBytes = Infinity, ...options }: LayerWriterOptions,
): Promise<WrittenFile> {
  const isSmall = contentBytes < SMALL_BYTES;
  const { chunks, capacity } = isSmall ? SMALL : { chunks: CHUNKS, capacity: undefined };
  const tar = tarChunks(entries, {
    ...options,
    held: chunks,
    isShared: !isSmall,
    ...(capacity && { capacity }),
  });
  const hash = isSmall ? createOwnHash() : createLayerHash();
  const file = isSmall ? createPromptWriter(fd) : createFileWriter(fd);
  const inUse: Promise<unknown>[] = [];
  try {
    for await (const chunk of tar.chunks) {
      const used = Promise.all([file.write(chunk.data), hash.add(chunk)]);
      used.catch(() => undefined);
      inUse.push(used);
      if (inUse.length >= chunks) await inUse.shift();
    }
    const diffId = await hash.digest();
    await file.settle();
    return { diffId, size: tar.size(), indexText: tar.indexText() };
  } catch (error) {
    hash.abandon();
    await file.settle().catch(() => undefined);
    throw error;
  }
}
