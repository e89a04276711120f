// A blob of the store on its way out: hashed while it is read, so that nothing leaves the store with another digest than it has.
import { createHash } from 'node:crypto';
import { createReadStream } from 'node:fs';
import { digestOfHash, type Digest } from '../core/digest.js';
import type { ExportImage } from './export-image.js';

export interface BlobRef {
  readonly digest: Digest;
  /** Bytes, when that is known. */
  readonly size?: number | undefined;
}

const CHUNK_BYTES = 1 << 20;

/**
 * Opened when it is first read: a signal that comes before would be an event without a listener.
 * What was read is right when the last chunk was followed by no error. @throws TsbuildError STORE_CORRUPT; the blob is deleted then
 */
export async function* verifiedBlob(
  store: Pick<ExportImage, 'blobPath' | 'discardBlob'>,
  { digest, size }: BlobRef,
  signal?: AbortSignal,
): AsyncGenerator<Buffer, void> {
  const hash = createHash('sha256');
  let length = 0;
  const options = { highWaterMark: CHUNK_BYTES, ...(signal && { signal }) };
  for await (const chunk of createReadStream(store.blobPath(digest), options) as AsyncIterable<Buffer>) {
    length += chunk.length;
    hash.update(chunk);
    yield chunk;
  }
  if (digestOfHash(hash) !== digest || (size !== undefined && length !== size))
    throw store.discardBlob(digest);
}
