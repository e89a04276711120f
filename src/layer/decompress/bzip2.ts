// A streaming bzip2 decoder, several streams one after another included; every checksum is verified. Memory: one block
// (900 kB at most, four bytes each) and its input. There is no specification; the bzip2 1.0.8 sources are matched.
import { TsbuildError } from '../../core/errors.js';
import { createBitReader } from './bit-reader.js';
import type { ByteSource } from './byte-source.js';
import { decodeBlock, type DecodedBlock } from './bzip2-block.js';

/** More than a block can take: 900 000 symbols of 20 bits, and tables. */
const MAX_BLOCK_INPUT = 2_500_000;
const PIECE = 256 * 1024;
const BLOCK_MAGIC = [0x314159, 0x265359];
const END_MAGIC = [0x177245, 0x385090];

function invalid(reason: string): TsbuildError {
  return new TsbuildError('LAYER_INVALID', `bzip2: ${reason}`);
}

const CRC = Int32Array.from({ length: 256 }, (_, byte) => {
  let crc = byte << 24;
  for (let i = 0; i < 8; i++) crc = crc < 0 ? (crc << 1) ^ 0x04c11db7 : crc << 1;
  return crc;
});

/**
 * Undoes the first run-length coding: four equal bytes are followed by the number of further ones. Returns the
 * checksum.
 */
function* expand(block: Uint32Array, { length, first }: DecodedBlock): Generator<Buffer, number> {
  let piece = Buffer.allocUnsafe(PIECE);
  let used = 0;
  let crc = -1;
  let place = first;
  let last = -1;
  let equal = 0;
  for (let i = 0; i < length; i++) {
    const word = block[place]!;
    place = word >>> 8;
    const byte = word & 0xff;
    const isCount = equal === 4;
    const repeat = isCount ? byte : 1;
    if (isCount) equal = 0;
    else {
      equal = byte === last ? equal + 1 : 1;
      last = byte;
    }
    for (let n = 0; n < repeat; n++) {
      crc = (crc << 8) ^ CRC[(crc >>> 24) ^ last]!;
      piece[used++] = last;
    }
    // A run has at most 255 bytes.
    if (used > PIECE - 256) {
      yield piece.subarray(0, used);
      piece = Buffer.allocUnsafe(PIECE);
      used = 0;
    }
    if (isCount) last = -1;
  }
  if (used > 0) yield piece.subarray(0, used);
  return ~crc;
}

/** One stream behind its `BZh`. */
async function* decodeStream(source: ByteSource, level: number): AsyncGenerator<Buffer, void> {
  const block = new Uint32Array(level * 100_000);
  let combined = 0;
  for (let bit = 0; ;) {
    const input = await source.peek(MAX_BLOCK_INPUT);
    const bits = createBitReader(input, bit);
    const magic = [bits.take(24), bits.take(24)];
    const crc = (bits.take(16) << 16) | bits.take(16);
    const isEnd = magic[0] === END_MAGIC[0] && magic[1] === END_MAGIC[1];
    if (!isEnd && (magic[0] !== BLOCK_MAGIC[0] || magic[1] !== BLOCK_MAGIC[1])) {
      throw invalid(
        bits.position() > input.length * 8 ? 'the compressed stream is truncated' : 'damaged block',
      );
    }
    const decoded = isEnd ? undefined : decodeBlock(bits, block);
    const position = bits.position();
    if (position > input.length * 8) throw invalid('the compressed stream is truncated');
    source.skip(decoded ? position >> 3 : (position + 7) >> 3);
    bit = position & 7;
    if (decoded && (yield* expand(block, decoded)) !== crc) throw invalid('wrong checksum of a block');
    if (!decoded && combined !== crc) throw invalid('wrong checksum');
    if (!decoded) return;
    combined = ((combined << 1) | (combined >>> 31)) ^ crc;
  }
}

/** @throws TsbuildError LAYER_INVALID for damaged data */
export async function* bunzip2(source: ByteSource): AsyncGenerator<Buffer, void> {
  for (let head = await source.peek(4); head.length > 0; head = await source.peek(4)) {
    const level = (head[3] ?? 0) - 0x30;
    if (head.toString('latin1', 0, 3) !== 'BZh' || level < 1 || level > 9)
      throw invalid('bytes that are no stream');
    source.skip(4);
    yield* decodeStream(source, level);
  }
}
