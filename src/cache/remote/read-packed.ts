// Reading the packed records as they come from a place: bounded, and verified against their descriptor.
import { digestOf } from '../../core/digest.js';
import { TsbuildError } from '../../core/errors.js';
import type { Descriptor } from '../../oci/types.js';

/**
 * Holds at most the size of the descriptor, which the caller has checked.
 * @throws TsbuildError CACHE_INVALID when the bytes are others; what reading throws
 */
export async function readPacked(
  { digest, size }: Descriptor,
  bytes: AsyncIterable<Buffer>,
  name: string,
): Promise<Buffer> {
  const chunks: Buffer[] = [];
  let length = 0;
  for await (const chunk of bytes) {
    length += chunk.length;
    if (length > size) break;
    chunks.push(chunk);
  }
  const whole = Buffer.concat(chunks);
  if (length === size && digestOf(whole) === digest) return whole;
  throw new TsbuildError(
    'CACHE_INVALID',
    `${name}: the records are not the ${size} bytes with digest ${digest}`,
  );
}
