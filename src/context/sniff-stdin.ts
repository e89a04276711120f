// What was piped in, or is behind a URL that names a context: a tar is a context, anything else is a Dockerfile with an
// empty one (buildx's isArchive).
import { detectCompression } from '../layer/decompress/detect-compression.js';
import { decodeHeaderBlock } from '../layer/tar/header-block.js';
import { TsbuildError } from '../core/errors.js';

/** One tar block. */
const HEADER_BYTES = 512;

export interface SniffedStdin {
  readonly kind: 'tar' | 'dockerfile';
  /** The whole stream, the bytes looked at included. */
  readonly stream: AsyncIterable<Buffer>;
}

export async function sniffStdin(input: AsyncIterable<Uint8Array>): Promise<SniffedStdin> {
  const iterator = input[Symbol.asyncIterator]();
  const first: Buffer[] = [];
  let isEnded = false;
  for (let total = 0; total < HEADER_BYTES && !isEnded;) {
    const next = await iterator.next();
    if (next.done) isEnded = true;
    else {
      first.push(Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength));
      total += next.value.byteLength;
    }
  }
  return { kind: isArchive(Buffer.concat(first)) ? 'tar' : 'dockerfile', stream: rejoin(first, iterator) };
}

async function* rejoin(
  first: readonly Buffer[],
  rest: AsyncIterator<Uint8Array>,
): AsyncGenerator<Buffer, void> {
  try {
    yield* first;
    for (let next = await rest.next(); !next.done; next = await rest.next()) {
      yield Buffer.from(next.value.buffer, next.value.byteOffset, next.value.byteLength);
    }
  } finally {
    await rest.return?.();
  }
}

/** Whether bytes begin a tar, compressed or not. */
function isArchive(firstBytes: Buffer): boolean {
  if (detectCompression(firstBytes) !== 'none') return true;
  const block = firstBytes.subarray(0, HEADER_BYTES);
  if (block.length < HEADER_BYTES || block.every((byte) => byte === 0)) return false;
  try {
    decodeHeaderBlock(block);
    return true;
  } catch (error) {
    if (error instanceof TsbuildError) return false;
    throw error;
  }
}
