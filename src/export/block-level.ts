// How hard a block is compressed when nobody asked for a level: level 4, which gives the size of other builders, level
// 2 where little is to be won, and not at all where nothing is. On 300 MB of programs and libraries that takes a
// quarter less time for two bytes in a hundred more. Pure: the bytes of the block decide.
import { deflateRawSync } from 'node:zlib';

const PLAIN_LEVEL = 4;
const QUICK_LEVEL = 2;
/** As it is: what was compressed before, such as archives and pictures. */
const NO_LEVEL = 0;
/** Share of its size that a sample keeps, from which on level 2 is enough. */
const STUBBORN = 0.33;
/** From which on a larger sample is taken. */
const DENSE = 0.9;
/** Share that the larger sample keeps of a block that is left as it is. */
const INCOMPRESSIBLE = 0.98;
const PIECES = 4;
const MORE_PIECES = 32;
const PIECE_BYTES = 2048;
/** The sample takes longer than what is won. */
const SMALL_BLOCK = 1 << 18;

/** A level of zlib. */
export function blockLevel(block: Uint8Array): number {
  if (block.length < SMALL_BLOCK) return PLAIN_LEVEL;
  const kept = sampleKeeps(block, PIECES);
  if (kept <= STUBBORN) return PLAIN_LEVEL;
  const isDense = kept > DENSE && sampleKeeps(block, MORE_PIECES) > INCOMPRESSIBLE;
  return isDense ? NO_LEVEL : QUICK_LEVEL;
}

/** The share of their size that pieces from all over the block keep. */
function sampleKeeps(block: Uint8Array, count: number): number {
  const step = Math.floor(block.length / count);
  const pieces = Array.from({ length: count }, (_, i) => block.subarray(i * step, i * step + PIECE_BYTES));
  const sample = Buffer.concat(pieces);
  return deflateRawSync(sample, { level: 1, chunkSize: 2 * sample.length }).length / sample.length;
}
