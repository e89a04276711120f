// zstd, RFC 8878. Frames are told apart here and decoded one by one: Node's decoder ends at the first frame without a
// word, and fzstd would decode as many blocks at once as it is given. So memory is one block (128 KiB) and one window
// of bounded size.
import { Decompress } from 'fzstd';
import { TsbuildError } from '../../core/errors.js';
import type { ByteSource } from './byte-source.js';
import { nativeUnzstd } from './zlib-stream.js';

const FRAME_MAGIC = 0xfd2fb528;
/** The window that the zstd tool decodes without being asked to. */
const MAX_WINDOW = 128 * 1024 * 1024;
const MAX_BLOCK = 128 * 1024;

interface FrameHeader {
  readonly bytes: Buffer;
  readonly hasChecksum: boolean;
  readonly maxBlock: number;
}

function invalid(reason: string, cause?: unknown): TsbuildError {
  return new TsbuildError('LAYER_INVALID', `zstd: ${reason}`, { cause });
}

function contentSize(header: Buffer, start: number, length: number): number {
  if (length === 0) return 0;
  if (length === 8) return Number(header.readBigUInt64LE(start));
  return header.readUIntLE(start, length) + (length === 2 ? 256 : 0);
}

/** Section 3.1.1.1 */
async function takeFrameHeader(source: ByteSource): Promise<FrameHeader> {
  const descriptor = (await source.peek(5))[4];
  if (descriptor === undefined) throw invalid('truncated frame');
  const isSingleSegment = (descriptor & 0x20) !== 0;
  const dictionaryBytes = [0, 1, 2, 4][descriptor & 3]!;
  const sizeFlag = descriptor >> 6;
  const sizeBytes = sizeFlag === 0 ? (isSingleSegment ? 1 : 0) : 1 << sizeFlag;
  const beforeSize = 5 + (isSingleSegment ? 0 : 1) + dictionaryBytes;
  const bytes = await source.take(beforeSize + sizeBytes);
  if (dictionaryBytes > 0 && bytes.readUIntLE(beforeSize - dictionaryBytes, dictionaryBytes) !== 0) {
    throw invalid('a frame that needs a dictionary');
  }
  const base = 2 ** (10 + (bytes[5]! >> 3));
  const window = isSingleSegment
    ? contentSize(bytes, beforeSize, sizeBytes)
    : base + (base / 8) * (bytes[5]! & 7);
  if (window > MAX_WINDOW) {
    throw new TsbuildError('LAYER_LIMIT', `zstd: a window of ${window} bytes, more than ${MAX_WINDOW}`);
  }
  return { bytes, hasChecksum: (descriptor & 4) !== 0, maxBlock: Math.min(window, MAX_BLOCK) };
}

interface Block {
  readonly bytes: Buffer;
  readonly isLast: boolean;
}

/** Section 3.1.1.2 */
async function takeBlock(source: ByteSource, maxBlock: number): Promise<Block> {
  const head = await source.peek(3);
  if (head.length < 3) throw invalid('truncated frame');
  const word = head.readUIntLE(0, 3);
  const type = (word >> 1) & 3;
  const size = word >> 3;
  if (type === 3 || size > maxBlock) throw invalid('damaged block');
  return { bytes: await source.take(3 + (type === 1 ? 1 : size)), isLast: (word & 1) === 1 };
}

/** The bytes of one frame, a block at a time; its checksum comes with the last block. */
async function* frame(source: ByteSource): AsyncGenerator<Buffer, void> {
  const header = await takeFrameHeader(source);
  yield header.bytes;
  for (let isLast = false; !isLast;) {
    const block = await takeBlock(source, header.maxBlock);
    isLast = block.isLast;
    const checksum = isLast && header.hasChecksum ? await source.take(4) : undefined;
    yield checksum ? Buffer.concat([block.bytes, checksum]) : block.bytes;
  }
}

/** Decodes one frame. Checksums are not verified: layers have a digest. */
async function* portableDecoder(blocks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  let decoded: Buffer[] = [];
  const decoder = new Decompress((data) => {
    decoded.push(Buffer.from(data.buffer, data.byteOffset, data.byteLength));
  });
  const push = (bytes: Buffer, isFinal: boolean): void => {
    try {
      decoder.push(bytes, isFinal);
    } catch (cause) {
      throw invalid('damaged block', cause);
    }
  };
  // One piece behind: the last has to be pushed as the last.
  let held: Buffer | undefined;
  for await (const block of blocks) {
    if (held) push(held, false);
    held = block;
    yield* decoded.filter((data) => data.length > 0);
    decoded = [];
  }
  if (held) push(held, true);
  yield* decoded.filter((data) => data.length > 0);
}

/**
 * Decodes all frames of a stream, with the decoder of this Node where it has one.
 * @throws TsbuildError LAYER_INVALID for damaged data, LAYER_LIMIT for a window that is too big
 */
export async function* unzstd(
  source: ByteSource,
  options: { readonly portable?: boolean } = {},
): AsyncGenerator<Buffer, void> {
  const decode = (options.portable ? undefined : nativeUnzstd()) ?? portableDecoder;
  for (let head = await source.peek(4); head.length > 0; head = await source.peek(4)) {
    if (head.length < 4) throw invalid('truncated frame');
    const magic = head.readUInt32LE(0);
    if (magic === FRAME_MAGIC) yield* decode(frame(source));
    else if (magic >>> 4 === 0x184d2a5) await source.drop((await source.take(8)).readUInt32LE(4));
    else throw invalid('bytes that are no frame');
  }
}
