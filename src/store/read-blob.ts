// A blob that is hashed while it is read, so that nothing leaves the store with another digest than it has.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { digestOfHash, type Digest } from '../core/digest.js';
import { TsbuildError } from '../core/errors.js';

export interface BlobRef {
  readonly digest: Digest;
  /** Bytes, when that is known. */
  readonly size?: number | undefined;
}

export interface ReadBlobOptions {
  /** Gives the error for a blob that is not what its digest says, or not there. */
  damaged(cause?: unknown): Error;
  readonly signal?: AbortSignal | undefined;
}

const CHUNK_BYTES = 1 << 20;

/**
 * The chunks of the file, at most 1 MiB each. It is opened when the first is asked for. They were right when no error
 * followed the last.
 * @throws what `damaged` gives; TsbuildError ABORTED
 */
export async function* readBlob(
  path: string,
  { digest, size }: BlobRef,
  { damaged, signal }: ReadBlobOptions,
): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256');
  let length = 0;
  try {
    for await (const chunk of createReadStream(path, { highWaterMark: CHUNK_BYTES })) {
      if (signal?.aborted)
        throw new TsbuildError('ABORTED', 'the build was interrupted', { cause: signal.reason });
      length += (chunk as Buffer).length;
      hash.update(chunk as Buffer);
      yield chunk as Buffer;
    }
  } catch (error) {
    throw (error as NodeJS.ErrnoException).code === 'ENOENT' ? damaged(error) : error;
  }
  if (digestOfHash(hash) !== digest || (size !== undefined && length !== size)) throw damaged();
}
