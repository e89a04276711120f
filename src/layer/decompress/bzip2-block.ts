// One block of bzip2: Huffman groups, run lengths, move-to-front, and the inverse of the Burrows-Wheeler transform.
import { TsbuildError } from '../../core/errors.js';
import type { BitReader } from './bit-reader.js';
import { huffmanDecoder, type SymbolDecoder } from './bzip2-huffman.js';

const GROUP_SIZE = 50;
const RUN_B = 1;

function damaged(reason: string): TsbuildError {
  return new TsbuildError('LAYER_INVALID', `bzip2: damaged block (${reason})`);
}

/** Bytes that occur in the block, in order. */
function takeAlphabet(bits: BitReader): Uint8Array {
  const ranges = bits.take(16);
  const used: number[] = [];
  for (let high = 0; high < 16; high++) {
    if ((ranges & (0x8000 >> high)) === 0) continue;
    const map = bits.take(16);
    for (let low = 0; low < 16; low++) if ((map & (0x8000 >> low)) !== 0) used.push(high * 16 + low);
  }
  if (used.length === 0) throw damaged('no symbols');
  return Uint8Array.from(used);
}

/** Moves the item at `index` to the front and returns it. */
function moveToFront(list: Uint8Array, index: number): number {
  const item = list[index]!;
  list.copyWithin(1, 0, index);
  list[0] = item;
  return item;
}

/** Which table each group of 50 symbols is coded with. */
function takeSelectors(bits: BitReader, tables: number): Uint8Array {
  const selectors = new Uint8Array(bits.take(15));
  const order = Uint8Array.from({ length: tables }, (_, i) => i);
  for (let i = 0; i < selectors.length; i++) {
    let index = 0;
    while (bits.take(1) === 1) if (++index >= tables) throw damaged('selector');
    selectors[i] = moveToFront(order, index);
  }
  if (selectors.length === 0) throw damaged('no selectors');
  return selectors;
}

function takeCodeLengths(bits: BitReader, symbols: number): Uint8Array {
  const lengths = new Uint8Array(symbols);
  let length = bits.take(5);
  for (let i = 0; i < symbols; i++) {
    for (;;) {
      if (length < 1 || length > 20) throw damaged('code length');
      if (bits.take(1) === 0) break;
      length += bits.take(1) === 0 ? 1 : -1;
    }
    lengths[i] = length;
  }
  return lengths;
}

function takeTables(bits: BitReader, count: number, symbols: number): SymbolDecoder[] {
  return Array.from({ length: count }, () => huffmanDecoder(takeCodeLengths(bits, symbols)));
}

/** Decodes the symbols into the low bytes of `block`; returns how many bytes there are. */
function takeBytes(bits: BitReader, block: Uint32Array): number {
  const alphabet = takeAlphabet(bits);
  const tableCount = bits.take(3);
  if (tableCount < 2 || tableCount > 6) throw damaged('number of tables');
  const selectors = takeSelectors(bits, tableCount);
  const endSymbol = alphabet.length + 1;
  const tables = takeTables(bits, tableCount, endSymbol + 1);
  let length = 0;
  let run = 0;
  let runUnit = 1;
  for (const selector of selectors) {
    const decode = tables[selector]!;
    for (let i = 0; i < GROUP_SIZE; i++) {
      const symbol = decode(bits);
      if (symbol <= RUN_B) {
        // A number in base 2 with the digits 1 and 2, the lowest first.
        run += runUnit << symbol;
        runUnit *= 2;
        if (run > block.length) throw damaged('too long');
        continue;
      }
      if (length + run > block.length) throw damaged('too long');
      if (run > 0) block.fill(alphabet[0]!, length, (length += run));
      run = 0;
      runUnit = 1;
      if (symbol === endSymbol) return length;
      if (symbol > endSymbol || length === block.length) throw damaged('too long');
      block[length++] = moveToFront(alphabet, symbol - 1);
    }
  }
  throw damaged('no end');
}

/** Puts into the upper bits of each place the place of the byte that follows. */
function linkSuccessors(block: Uint32Array, length: number): void {
  const start = new Uint32Array(256);
  for (let i = 0; i < length; i++) start[block[i]! & 0xff]!++;
  for (let byte = 0, sum = 0; byte < 256; byte++) {
    const count = start[byte]!;
    start[byte] = sum;
    sum += count;
  }
  for (let i = 0; i < length; i++) block[start[block[i]! & 0xff]!++]! |= i << 8;
}

export interface DecodedBlock {
  readonly length: number;
  /** Where to start following. */
  readonly first: number;
}

/**
 * Decodes a block behind its magic and checksum. Each place of `block` then holds a byte (low 8 bits) and the place of
 * the next (the rest).
 * @throws TsbuildError LAYER_INVALID
 */
export function decodeBlock(bits: BitReader, block: Uint32Array): DecodedBlock {
  if (bits.take(1) === 1) throw damaged('randomised, a form given up in 1999');
  const origin = bits.take(24);
  const length = takeBytes(bits, block);
  if (length === 0 || origin >= length) throw damaged('origin');
  linkSuccessors(block, length);
  return { length, first: block[origin]! >>> 8 };
}
