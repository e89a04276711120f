// Decoders of node:zlib as async generators: back-pressure kept, errors thrown where the consumer waits, nothing left
// running.
import { pipeline, Readable, type Transform } from 'node:stream';
import * as zlib from 'node:zlib';
import { TsbuildError } from '../../core/errors.js';

const CHUNK = 256 * 1024;

function isCodecError(error: unknown): boolean {
  return error instanceof Error && 'code' in error && /^(Z_|ZSTD_|ERR_ZLIB)/.test(String(error.code));
}

async function* through(
  chunks: AsyncIterable<Buffer>,
  decoder: Transform,
  what: string,
): AsyncGenerator<Buffer, void> {
  // Whatever breaks destroys the decoder with its error, and reading from the decoder throws it.
  pipeline(Readable.from(chunks), decoder, () => {});
  try {
    yield* decoder as AsyncIterable<Buffer>;
  } catch (cause) {
    if (!isCodecError(cause)) throw cause;
    throw new TsbuildError(
      'LAYER_INVALID',
      `${what}: ${cause instanceof Error ? cause.message : String(cause)}`,
      { cause },
    );
  }
}

/** RFC 1952; members one after another are one stream. @throws TsbuildError LAYER_INVALID for damaged data */
export function gunzip(chunks: AsyncIterable<Buffer>): AsyncGenerator<Buffer, void> {
  return through(chunks, zlib.createGunzip({ chunkSize: CHUNK }), 'gzip');
}

type ZstdFactory = (options: { chunkSize: number }) => Transform;

function isFactory(value: unknown): value is ZstdFactory {
  return typeof value === 'function';
}

/** The zstd decoder of Node 22.15 and later, for one frame; undefined on older ones. */
export function nativeUnzstd():
  ((chunks: AsyncIterable<Buffer>) => AsyncGenerator<Buffer, void>) | undefined {
  const factory: unknown = 'createZstdDecompress' in zlib ? zlib.createZstdDecompress : undefined;
  if (!isFactory(factory)) return undefined;
  return (chunks) => through(chunks, factory({ chunkSize: CHUNK }), 'zstd');
}
