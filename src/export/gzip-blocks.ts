// Parallel gzip as pigz does it: blocks of one size, each primed with the 32 KiB before it, joined into one gzip
// member. Deterministic: the bytes depend on the input and the level only, not on the number of threads.
import { promisify } from 'node:util';
import { constants, crc32, deflateRaw } from 'node:zlib';
import { blockLevel } from './block-level.js';

/** Names what is done here: to be changed with anything that changes the bytes. */
export const BLOCKS_FORMAT = 'blocks-5';

const BLOCK_BYTES = 1 << 20;
const WINDOW_BYTES = 32 << 10;
const HEADER = Buffer.from([0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 0xff]);
const deflate = promisify(deflateRaw);

export interface GzipOptions {
  /** 1..9; `auto`: each block by what it holds. */
  readonly level: number | 'auto';
  /** Blocks in work at a time. */
  readonly parallel: number;
}

/** Blocks that wait for a thread, so that none is idle while this one is busy. */
const WAITING = 4;

/** The chunks of a gzip stream of `chunks`, which nobody writes to afterwards; memory is a few blocks. */
export async function* gzipBlocks(
  chunks: AsyncIterable<Buffer>,
  options: GzipOptions,
): AsyncIterable<Buffer> {
  yield HEADER;
  const pending: Promise<Buffer>[] = [];
  let crc = 0;
  let length = 0;
  let window: Buffer = Buffer.alloc(0);
  for await (const block of inBlocks(chunks)) {
    crc = crc32(block, crc);
    length += block.length;
    pending.push(compressBlock(block, window, options.level));
    window = block.subarray(Math.max(0, block.length - WINDOW_BYTES));
    if (pending.length >= options.parallel + WAITING) yield await pending.shift()!;
  }
  for (const block of pending) yield await block;
  const trailer = Buffer.alloc(10);
  // An empty final block ends the deflate stream.
  trailer.set([3, 0]);
  trailer.writeUInt32LE(crc, 2);
  trailer.writeUInt32LE(length % 2 ** 32, 6);
  yield trailer;
}

function compressBlock(block: Buffer, window: Buffer, level: GzipOptions['level']): Promise<Buffer> {
  const promise = deflate(block, {
    level: level === 'auto' ? blockLevel(block) : level,
    // A larger table of hashes: a tenth less time for a quarter of a percent more bytes.
    memLevel: 9,
    // Every chunk is a way to the thread and back: most blocks need one.
    chunkSize: BLOCK_BYTES / 2,
    finishFlush: constants.Z_SYNC_FLUSH,
    ...(window.length > 0 ? { dictionary: window } : {}),
  });
  // A block that fails while an earlier one is awaited must not count as unhandled; the error comes when its turn does.
  promise.catch(() => undefined);
  return promise;
}

async function* inBlocks(chunks: AsyncIterable<Buffer>): AsyncIterable<Buffer> {
  let held: Buffer[] = [];
  let size = 0;
  for await (let chunk of chunks) {
    if (size === 0 && chunk.length === BLOCK_BYTES) {
      yield chunk;
      continue;
    }
    while (size + chunk.length >= BLOCK_BYTES) {
      const part = chunk.subarray(0, BLOCK_BYTES - size);
      yield Buffer.concat([...held, part], BLOCK_BYTES);
      chunk = chunk.subarray(part.length);
      [held, size] = [[], 0];
    }
    if (chunk.length > 0) {
      held.push(Buffer.from(chunk));
      size += chunk.length;
    }
  }
  if (size > 0) yield Buffer.concat(held, size);
}
