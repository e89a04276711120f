// What is said to the thread that hashes a layer, and by it. Hundreds of objects in a message take longer to send than
// to hash.
import type { HashedRange } from './chunk-hasher.js';

/** To the thread: a chunk, whose bytes are not copied, or the question for the digest of all. */
export type ToHashThread =
  { readonly memory: SharedArrayBuffer; readonly length: number; readonly ranges: PackedRanges } | 'finish';

/** From the thread, an answer to each message, in order: digests of contents one behind the other, or that of all. */
export type FromHashThread = string;

/** Start, length, and 1 for the last piece of a content, of one range after the other. */
export type PackedRanges = Uint32Array<ArrayBuffer>;

const NUMBERS = 3;
const HEX_DIGITS = 64;

export function packRanges(ranges: readonly HashedRange[]): PackedRanges {
  const packed = new Uint32Array(ranges.length * NUMBERS);
  let at = 0;
  for (const { start, length, isLast } of ranges) {
    packed[at++] = start;
    packed[at++] = length;
    packed[at++] = isLast ? 1 : 0;
  }
  return packed;
}

export function unpackRanges(packed: PackedRanges): HashedRange[] {
  const ranges: HashedRange[] = [];
  for (let at = 0; at < packed.length; at += NUMBERS)
    ranges.push({ start: packed[at]!, length: packed[at + 1]!, isLast: packed[at + 2] === 1 });
  return ranges;
}

export function splitDigests(digests: string): string[] {
  const split: string[] = [];
  for (let at = 0; at < digests.length; at += HEX_DIGITS) split.push(digests.slice(at, at + HEX_DIGITS));
  return split;
}
