// Hashes a stream of chunks: the whole, and the contents of files in it.
import { createHash, hash as hashOf, type Hash } from 'node:crypto';
import { digestOfHash, type DiffId } from '../../core/digest.js';

/** A piece of the content of a file in a chunk; what follows in the next chunk belongs to it unless it is the last. */
export interface HashedRange {
  readonly start: number;
  readonly length: number;
  readonly isLast: boolean;
}

export interface ChunkHasher {
  /** @returns sha256 in hex of each content that ends in this chunk, in order */
  add(data: Uint8Array, ranges: readonly HashedRange[]): string[];
  /** Of all chunks. Once. */
  digest(): DiffId;
}

export function createChunkHasher(): ChunkHasher {
  const whole = createHash('sha256');
  let begun: Hash | undefined;

  function addRange(data: Uint8Array, { start, length, isLast }: HashedRange): string | undefined {
    const bytes = data.subarray(start, start + length);
    // Most contents lie in one chunk: hashing them at once takes a fraction of what a hash object does.
    if (isLast && !begun) return hashOf('sha256', bytes, 'hex');
    begun ??= createHash('sha256');
    begun.update(bytes);
    if (!isLast) return undefined;
    const digest = begun.digest('hex');
    begun = undefined;
    return digest;
  }

  return {
    add(data, ranges) {
      whole.update(data);
      const digests: string[] = [];
      for (const range of ranges) {
        const digest = addRange(data, range);
        if (digest !== undefined) digests.push(digest);
      }
      return digests;
    },
    digest: () => digestOfHash(whole) as DiffId,
  };
}
