// The LZMA decoder as LZMA2 uses it: whole chunks at once, into a history that keeps the dictionary. After Igor
// Pavlov's specification (lzma-specification.txt, public domain). 32-bit numbers are kept signed: those need no
// allocation in V8.
import { TsbuildError } from '../../core/errors.js';
import type { LzmaHistory } from './lzma-history.js';

// Places of the probabilities in one table; 12 states, 16 position states.
const IS_MATCH = 0;
const IS_REP = 192;
const IS_REP_G0 = 204;
const IS_REP_G1 = 216;
const IS_REP_G2 = 228;
const IS_REP0_LONG = 240;
const POS_SLOT = 432;
const POS_SPECIAL = 688;
const ALIGN = 816;
const MATCH_LENGTH = 832;
const REP_LENGTH = 1346;
const LITERAL = 1860;
const TABLE_SIZE = LITERAL + (0x300 << 4);

// Inside a length coder.
const CHOICE_2 = 1;
const LOW = 2;
const MID = 130;
const HIGH = 258;

const HALF = 1024;
const SIGN = 0x80000000 | 0;

export interface LzmaDecoder {
  /** Sets the literal and position bits from the properties byte. @throws TsbuildError LAYER_INVALID */
  setProperties(byte: number): void;
  resetState(): void;
  /**
   * Decodes `input`, which gives exactly `length` bytes, into `history`, which has room.
   * @throws TsbuildError LAYER_INVALID
   */
  decode(input: Uint8Array, history: LzmaHistory, length: number): void;
}

function damaged(): TsbuildError {
  return new TsbuildError('LAYER_INVALID', 'xz: damaged LZMA data');
}

export function createLzmaDecoder(): LzmaDecoder {
  const probs = new Uint16Array(TABLE_SIZE);
  let lc = 0;
  let literalMask = 0;
  let posMask = 0;
  let state = 0;
  let rep0 = 0;
  let rep1 = 0;
  let rep2 = 0;
  let rep3 = 0;
  // The range coder.
  let input: Uint8Array = new Uint8Array(0);
  let next = 0;
  let range = -1;
  let code = 0;

  function normalize(): void {
    if (range >>> 24 !== 0) return;
    range <<= 8;
    code = (code << 8) | input[next++]!;
  }

  function bit(place: number): number {
    const prob = probs[place]!;
    const bound = Math.imul(range >>> 11, prob);
    let result = 0;
    if ((code ^ SIGN) < (bound ^ SIGN)) {
      range = bound;
      probs[place] = prob + ((2048 - prob) >> 5);
    } else {
      range = (range - bound) | 0;
      code = (code - bound) | 0;
      probs[place] = prob - (prob >> 5);
      result = 1;
    }
    if (range >>> 24 === 0) normalize();
    return result;
  }

  function directBits(count: number): number {
    let result = 0;
    for (let i = 0; i < count; i++) {
      range >>>= 1;
      const isOne = (code ^ SIGN) >= (range ^ SIGN);
      if (isOne) code = (code - range) | 0;
      result = (result << 1) | (isOne ? 1 : 0);
      normalize();
    }
    return result;
  }

  function tree(base: number, bits: number): number {
    let symbol = 1;
    for (let i = 0; i < bits; i++) symbol = (symbol << 1) | bit(base + symbol);
    return symbol - (1 << bits);
  }

  function reverseTree(base: number, bits: number): number {
    let symbol = 1;
    let result = 0;
    for (let i = 0; i < bits; i++) {
      const one = bit(base + symbol);
      symbol = (symbol << 1) | one;
      result |= one << i;
    }
    return result;
  }

  function lengthOf(base: number, posState: number): number {
    if (bit(base) === 0) return 2 + tree(base + LOW + posState * 8, 3);
    if (bit(base + CHOICE_2) === 0) return 10 + tree(base + MID + posState * 8, 3);
    return 18 + tree(base + HIGH, 8);
  }

  function distanceOf(length: number): number {
    const slot = tree(POS_SLOT + Math.min(length - 2, 3) * 64, 6);
    if (slot < 4) return slot;
    const bits = (slot >> 1) - 1;
    const distance = (2 | (slot & 1)) << bits;
    if (slot < 14) return distance + reverseTree(POS_SPECIAL + distance - slot, bits);
    return (distance + (directBits(bits - 4) << 4) + reverseTree(ALIGN, 4)) | 0;
  }

  function literal(history: LzmaHistory): void {
    const { data, used } = history;
    const position = history.position();
    const before = position > 0 ? data[used - 1]! : 0;
    const base = LITERAL + 0x300 * (((position & literalMask) << lc) + (before >> (8 - lc)));
    let symbol = 1;
    if (state >= 7) {
      // After a match, the byte that would have continued it is a good guess.
      for (let guess = data[used - rep0 - 1]!; symbol < 0x100;) {
        guess <<= 1;
        const guessed = guess & 0x100;
        const one = bit(base + 0x100 + guessed + symbol);
        symbol = (symbol << 1) | one;
        if (guessed >> 8 !== one) break;
      }
    }
    while (symbol < 0x100) symbol = (symbol << 1) | bit(base + symbol);
    history.push(symbol & 0xff);
    state = state < 4 ? 0 : state < 10 ? state - 3 : state - 6;
  }

  /** Takes which earlier distance is used again, to the front. Returns the length; 1 is the short repeat. */
  function repeat(posState: number): number {
    if (bit(IS_REP_G0 + state) === 0) {
      if (bit(IS_REP0_LONG + (state << 4) + posState) === 0) {
        state = state < 7 ? 9 : 11;
        return 1;
      }
    } else {
      const isSecond = bit(IS_REP_G1 + state) === 0;
      const isThird = !isSecond && bit(IS_REP_G2 + state) === 0;
      const distance = isSecond ? rep1 : isThird ? rep2 : rep3;
      if (!isSecond && !isThird) rep3 = rep2;
      if (!isSecond) rep2 = rep1;
      rep1 = rep0;
      rep0 = distance;
    }
    const length = lengthOf(REP_LENGTH, posState);
    state = state < 7 ? 8 : 11;
    return length;
  }

  function match(posState: number): number {
    const length = lengthOf(MATCH_LENGTH, posState);
    rep3 = rep2;
    rep2 = rep1;
    rep1 = rep0;
    rep0 = distanceOf(length);
    state = state < 7 ? 7 : 10;
    return length;
  }

  function step(history: LzmaHistory, end: number): void {
    const posState = history.position() & posMask;
    if (bit(IS_MATCH + (state << 4) + posState) === 0) {
      // A literal behind a match looks at the byte the match would have continued with.
      if (state >= 7 && !history.has(rep0)) throw damaged();
      return literal(history);
    }
    const length = bit(IS_REP + state) === 1 ? repeat(posState) : match(posState);
    if (!history.has(rep0) || history.used + length > end) throw damaged();
    history.copy(rep0, length);
  }

  return {
    setProperties(byte) {
      lc = byte % 9;
      const lp = Math.floor(byte / 9) % 5;
      const pb = Math.floor(byte / 45);
      if (pb > 4 || lc + lp > 4) throw damaged();
      literalMask = (1 << lp) - 1;
      posMask = (1 << pb) - 1;
    },
    resetState() {
      probs.fill(HALF);
      state = 0;
      rep0 = rep1 = rep2 = rep3 = 0;
    },
    decode(chunk, history, length) {
      input = chunk;
      if (chunk.length < 5 || chunk[0] !== 0) throw damaged();
      code = (chunk[1]! << 24) | (chunk[2]! << 16) | (chunk[3]! << 8) | chunk[4]!;
      range = -1;
      next = 5;
      for (const end = history.used + length; history.used < end;) step(history, end);
      if (next !== chunk.length || code !== 0) throw damaged();
    },
  };
}
