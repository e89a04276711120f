// A streaming xz decoder: streams one after another, padding, blocks of LZMA2 behind up to three other filters, every
// checksum and the index verified. The .xz File Format 1.2.1.
import { crc32 } from 'node:zlib';
import { TsbuildError } from '../../core/errors.js';
import type { ByteSource } from './byte-source.js';
import { decodeLzma2, dictionarySizeOf } from './lzma2.js';
import { createXzCheck } from './xz-check.js';
import { createXzFilter, type XzFilter } from './xz-filter.js';

const MAGIC = Buffer.from([0xfd, 0x37, 0x7a, 0x58, 0x5a, 0x00]);
const LZMA2 = 0x21;
/** Bytes of a block header. */
const MAX_HEADER = 1024;

/** What the index must say about a block: unpadded size and uncompressed size. */
type BlockSizes = readonly [number, number];

function invalid(reason: string): TsbuildError {
  return new TsbuildError('LAYER_INVALID', `xz: ${reason}`);
}

function verifyCrc(data: Buffer, stored: number): void {
  if (crc32(data) !== stored) throw invalid('wrong checksum of a header');
}

/** Section 1.2: seven bits a byte, the lowest first. `next` gives the bytes. */
function variableInteger(next: () => number): number {
  let value = 0;
  for (let i = 0; i < 9; i++) {
    const byte = next();
    value += (byte & 0x7f) * 2 ** (7 * i);
    // One number has one form.
    if (byte === 0 && i > 0) break;
    if (byte < 0x80) return value;
  }
  throw invalid('damaged number');
}

interface BlockHeader {
  readonly compressed: number | undefined;
  readonly uncompressed: number | undefined;
  readonly dictionarySize: number;
  /** To be undone in this order, on what LZMA2 gives. */
  readonly filters: readonly XzFilter[];
}

/** Section 3.1, behind its size byte and without its checksum. */
function parseBlockHeader(header: Buffer): BlockHeader {
  const flags = header[1]!;
  let position = 2;
  const next = (): number => {
    const byte = header[position++];
    if (byte === undefined) throw invalid('damaged block header');
    return byte;
  };
  if ((flags & 0x3c) !== 0) throw invalid('unknown block flags');
  const compressed = (flags & 0x40) === 0 ? undefined : variableInteger(next);
  const uncompressed = (flags & 0x80) === 0 ? undefined : variableInteger(next);
  const filters: XzFilter[] = [];
  for (let before = flags & 3; before > 0; before--) filters.unshift(parseFilter(next));
  const last = variableInteger(next);
  if (last !== LZMA2) throw invalid(`the last filter is 0x${last.toString(16)}, not LZMA2`);
  if (variableInteger(next) !== 1) throw invalid('damaged filter');
  const dictionarySize = dictionarySizeOf(next());
  if (header.subarray(position).some((byte) => byte !== 0)) throw invalid('damaged block header');
  return { compressed, uncompressed, dictionarySize, filters };
}

/** One that stands before LZMA2. */
function parseFilter(next: () => number): XzFilter {
  const id = variableInteger(next);
  // No header has room for more; a number that is damaged may say so.
  const size = Math.min(variableInteger(next), MAX_HEADER);
  return createXzFilter(id, Buffer.from(Array.from({ length: size }, next)));
}

/** What comes out of the filters, one after the other. */
async function* filtered(
  chunks: AsyncIterable<Buffer>,
  filters: readonly XzFilter[],
): AsyncGenerator<Buffer, void> {
  for await (const chunk of chunks) {
    const data = filters.reduce((piece, filter) => filter.push(piece), chunk);
    if (data.length > 0) yield data;
  }
  for (const [i, filter] of filters.entries()) {
    const data = filters.slice(i + 1).reduce((piece, later) => later.push(piece), filter.end());
    if (data.length > 0) yield data;
  }
}

async function takePadding(source: ByteSource, length: number): Promise<void> {
  if ((await source.take((4 - (length % 4)) % 4)).some((byte) => byte !== 0))
    throw invalid('damaged padding');
}

async function* decodeBlock(source: ByteSource, checkKind: number): AsyncGenerator<Buffer, BlockSizes> {
  const headerSize = ((await source.peek(1))[0]! + 1) * 4;
  const header = await source.take(headerSize);
  verifyCrc(header.subarray(0, -4), header.readUInt32LE(headerSize - 4));
  const expected = parseBlockHeader(header.subarray(0, -4));
  const check = createXzCheck(checkKind);
  const start = source.position;
  let uncompressed = 0;
  for await (const chunk of filtered(decodeLzma2(source, expected.dictionarySize), expected.filters)) {
    check.update(chunk);
    uncompressed += chunk.length;
    yield chunk;
  }
  const compressed = source.position - start;
  await takePadding(source, compressed);
  if (!check.matches(await source.take(check.size))) throw invalid('wrong checksum of a block');
  if (
    (expected.compressed ?? compressed) !== compressed ||
    (expected.uncompressed ?? uncompressed) !== uncompressed
  ) {
    throw invalid('a block of another size than its header says');
  }
  return [headerSize + compressed + check.size, uncompressed];
}

/** Section 4, behind its zero byte. Returns its size in bytes. */
async function verifyIndex(source: ByteSource, blocks: readonly BlockSizes[]): Promise<number> {
  const taken: Buffer[] = [await source.take(1)];
  let length = 1;
  let ahead = await source.peek(9);
  const next = (): number => {
    const byte = ahead[0];
    if (byte === undefined) throw invalid('the compressed stream is truncated');
    taken.push(ahead.subarray(0, 1));
    ahead = ahead.subarray(1);
    source.skip(1);
    length++;
    return byte;
  };
  if (variableInteger(next) !== blocks.length) throw invalid('the index is wrong');
  for (const [unpadded, uncompressed] of blocks) {
    ahead = await source.peek(18);
    if (variableInteger(next) !== unpadded || variableInteger(next) !== uncompressed)
      throw invalid('the index is wrong');
  }
  const padding = await source.take((4 - (length % 4)) % 4);
  verifyCrc(Buffer.concat([...taken, padding]), (await source.take(4)).readUInt32LE(0));
  return length + padding.length + 4;
}

async function verifyFooter(source: ByteSource, flags: Buffer, indexSize: number): Promise<void> {
  const footer = await source.take(12);
  verifyCrc(footer.subarray(4, 10), footer.readUInt32LE(0));
  const isRight = footer.toString('latin1', 10) === 'YZ' && footer.subarray(8, 10).equals(flags);
  if (!isRight || (footer.readUInt32LE(4) + 1) * 4 !== indexSize) throw invalid('damaged stream footer');
}

async function* decodeStream(source: ByteSource): AsyncGenerator<Buffer, void> {
  const header = await source.take(12);
  if (!header.subarray(0, 6).equals(MAGIC)) throw invalid('bytes that are no stream');
  const flags = header.subarray(6, 8);
  verifyCrc(flags, header.readUInt32LE(8));
  if (flags[0] !== 0 || flags[1]! > 15) throw invalid('unknown stream flags');
  const blocks: BlockSizes[] = [];
  for (let head = await source.peek(1); head[0] !== 0; head = await source.peek(1)) {
    if (head.length === 0) throw invalid('the compressed stream is truncated');
    blocks.push(yield* decodeBlock(source, flags[1]!));
  }
  await verifyFooter(source, flags, await verifyIndex(source, blocks));
}

/**
 * @throws TsbuildError LAYER_INVALID for damaged data and unknown filters, LAYER_LIMIT for a dictionary that is too big
 */
export async function* unxz(source: ByteSource): AsyncGenerator<Buffer, void> {
  for (let head = await source.peek(4); head.length > 0; head = await source.peek(4)) {
    // Between streams there may be zeros, four at a time.
    if (head.length >= 4 && head.readUInt32LE(0) === 0) source.skip(4);
    else yield* decodeStream(source);
  }
}
