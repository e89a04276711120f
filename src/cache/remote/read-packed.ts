// Reading the packed records as they come from a place: bounded, and verified against their descriptor.
import { digestOf } from '../../core/digest.js';
import { TsbuildError, type ErrorCode } from '../../core/errors.js';
import type { Descriptor } from '../../oci/types.js';
import type { FoundPack } from './pack-store.js';

/** What says that the records are gone or damaged, and not that their place cannot be asked. */
const OF_DAMAGE: ReadonlySet<ErrorCode> = new Set([
  'CACHE_INVALID',
  'REGISTRY_NOT_FOUND',
  'REGISTRY_DIGEST_MISMATCH',
]);

/**
 * What a place has, when its records can be read; else that it is damaged: the next one who writes there replaces it.
 * @param read reads the records of what is known to be a pack: an image is never replaced
 * @throws what `read` throws that tells of no damage
 */
export async function orDamaged(revision: string, read: () => Promise<FoundPack>): Promise<FoundPack> {
  try {
    return await read();
  } catch (error) {
    if (!(error instanceof TsbuildError) || !OF_DAMAGE.has(error.code)) throw error;
    return { kind: 'other', what: 'a cache that is damaged', isCache: true, revision, error };
  }
}

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
