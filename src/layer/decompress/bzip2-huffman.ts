// Canonical Huffman codes of bzip2, at most 20 bits long, decoded with one look-up for the short ones.
import { TsbuildError } from '../../core/errors.js';
import type { BitReader } from './bit-reader.js';

const MAX_LENGTH = 20;
const FAST_BITS = 10;

export type SymbolDecoder = (bits: BitReader) => number;

interface Canonical {
  /** By length: the highest code, and what to subtract from a code for its place in `symbols`. */
  readonly limit: Int32Array;
  readonly base: Int32Array;
  readonly symbols: Uint16Array;
}

function canonicalOf(lengths: Uint8Array): Canonical {
  const symbols = new Uint16Array(lengths.length);
  const limit = new Int32Array(MAX_LENGTH + 1).fill(-1);
  const base = new Int32Array(MAX_LENGTH + 1);
  let code = 0;
  let place = 0;
  for (let length = 1; length <= MAX_LENGTH; length++) {
    base[length] = code - place;
    for (let symbol = 0; symbol < lengths.length; symbol++) {
      if (lengths[symbol] !== length) continue;
      symbols[place++] = symbol;
      limit[length] = code++;
    }
    code <<= 1;
  }
  return { limit, base, symbols };
}

/** A place per possible next FAST_BITS bits: symbol and length, or 0 when the code is longer. */
function fastTable({ limit, base, symbols }: Canonical): Uint16Array {
  const table = new Uint16Array(1 << FAST_BITS);
  for (let next = 0; next < table.length; next++) {
    for (let length = 1; length <= FAST_BITS; length++) {
      const code = next >> (FAST_BITS - length);
      if (code > limit[length]!) continue;
      table[next] = (symbols[code - base[length]!]! << 5) | length;
      break;
    }
  }
  return table;
}

/** @param lengths bits of the code of each symbol, 1..20 */
export function huffmanDecoder(lengths: Uint8Array): SymbolDecoder {
  const canonical = canonicalOf(lengths);
  const { limit, base, symbols } = canonical;
  const table = fastTable(canonical);
  return (bits) => {
    const fast = table[bits.peek(FAST_BITS)]!;
    if (fast !== 0) {
      bits.skip(fast & 31);
      return fast >> 5;
    }
    for (let length = FAST_BITS + 1; length <= MAX_LENGTH; length++) {
      const code = bits.peek(length);
      if (code > limit[length]!) continue;
      bits.skip(length);
      return symbols[code - base[length]!]!;
    }
    throw new TsbuildError('LAYER_INVALID', 'bzip2: damaged block (no such code)');
  };
}
