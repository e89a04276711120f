// A blob on its way to a place: its last bytes leave only when all of it has its digest, so that no place ever takes
// other bytes for it. Invariant: what is yielded to the end is whole and verified.
import { createHash } from 'node:crypto';
import { digestOfHash } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import type { Descriptor } from '../../oci/types.js';

/** @throws TsbuildError STORE_CORRUPT instead of the last bytes, ABORTED, and what `chunks` throws */
export async function* verifiedBody(
  { digest, size }: Pick<Descriptor, 'digest' | 'size'>,
  chunks: AsyncIterable<Buffer>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  const hash = createHash('sha256');
  let length = 0;
  let held: Buffer | undefined;
  for await (const chunk of chunks) {
    if (signal.aborted)
      throw new TsbuildError('ABORTED', `interrupted while sending ${digest}`, { cause: signal.reason });
    hash.update(chunk);
    length += chunk.length;
    if (length > size) break;
    if (held) yield held;
    held = chunk;
  }
  if (length !== size || digestOfHash(hash) !== digest)
    throw new TsbuildError('STORE_CORRUPT', `the layer ${digest} has other bytes than its digest says`, {
      hint: 'build again with --no-cache',
    });
  if (held) yield held;
}
