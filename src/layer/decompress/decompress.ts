// Decompresses a stream of any kind that layers and archives come in, within limits, with the pace of the consumer.
import { TsbuildError } from '../../core/errors.js';
import { limitExceeded, type LayerLimits } from '../limits.js';
import { createByteSource, type ByteSource } from './byte-source.js';
import { bunzip2 } from './bzip2.js';
import { detectCompression, MAGIC_BYTES, type Compression } from './detect-compression.js';
import { unxz } from './xz.js';
import { gunzip } from './zlib-stream.js';
import { unzstd } from './zstd.js';

export interface DecompressOptions {
  readonly limits: LayerLimits;
  /** What is accepted, `none` included; all by default. */
  readonly kinds?: readonly Compression[];
}

/** Takes one whole stream. */
type Decoder = (source: ByteSource) => AsyncGenerator<Buffer, void>;

const DECODERS: Readonly<Record<Compression, Decoder>> = {
  none: (source) => source.rest(),
  gzip: (source) => gunzip(source.rest()),
  zstd: unzstd,
  bzip2: bunzip2,
  xz: unxz,
};

function checkOutput(output: number, input: number, limits: LayerLimits): void {
  if (output > limits.maxUncompressedBytes)
    throw limitExceeded('maxUncompressedBytes', limits, 'decompressed data');
  if (output > limits.ratioGraceBytes && output > input * limits.maxRatio) {
    throw limitExceeded('maxRatio', limits, 'decompressed data');
  }
}

/**
 * Tells the compression from the first bytes and undoes it. Stopping early lets go of `stream`; its errors pass as they
 * are.
 * @throws TsbuildError LAYER_INVALID for damaged data or a kind that is not accepted, LAYER_LIMIT for a bomb
 */
export async function* decompress(
  stream: AsyncIterable<Buffer>,
  { limits, kinds }: DecompressOptions,
): AsyncGenerator<Buffer, void> {
  const source = createByteSource(stream, 'archive');
  try {
    const kind = detectCompression(await source.peek(MAGIC_BYTES));
    if (kinds && !kinds.includes(kind)) {
      throw new TsbuildError(
        'LAYER_INVALID',
        `data compressed with ${kind}; accepted here: ${kinds.join(', ')}`,
      );
    }
    let output = 0;
    for await (const chunk of DECODERS[kind](source)) {
      output += chunk.length;
      checkOutput(output, source.position, limits);
      yield chunk;
    }
  } finally {
    await source.close();
  }
}
