// The variable that says how blobs are sent: TSBUILD_PUSH_CHUNK.
import { TsbuildError } from '../../core/errors.js';
import { parseSize } from '../../core/parse-size.js';

export interface PushOptions {
  /** Bytes of a chunk; undefined: a blob is one body, unless the registry refuses that. */
  readonly chunkBytes: number | undefined;
}

const CHUNK = 'TSBUILD_PUSH_CHUNK';
/** A blob of 10 GB is then still less than 100,000 requests. */
const MIN_CHUNK = 128 << 10;

/** @throws TsbuildError OPTION_INVALID */
export function parsePushOptions(env: Readonly<Record<string, string | undefined>>): PushOptions {
  const text = env[CHUNK] ?? '';
  if (text === '') return { chunkBytes: undefined };
  const chunkBytes = parseSize(text, CHUNK);
  if (chunkBytes >= MIN_CHUNK) return { chunkBytes };
  throw new TsbuildError('OPTION_INVALID', `${CHUNK}: ${text} is less than 128k`, {
    hint: `write ${CHUNK}=16m, or leave it out`,
  });
}
