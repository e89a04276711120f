// Sets of code points as ranges: the Perl and POSIX classes of Go's `regexp/syntax`, and their text in a JavaScript
// class.

/** Inclusive. */
export type Range = readonly [low: number, high: number];

const MAX = 0x10ffff;
const DIGIT: readonly Range[] = [[0x30, 0x39]];
const LOWER: readonly Range[] = [[0x61, 0x7a]];
const UPPER: readonly Range[] = [[0x41, 0x5a]];
const WORD: readonly Range[] = [...DIGIT, ...UPPER, [0x5f, 0x5f], ...LOWER];

/** By lower-case letter; the upper-case one is the complement. */
export const PERL_CLASS: Readonly<Record<string, readonly Range[]>> = {
  d: DIGIT,
  s: [
    [9, 10],
    [12, 13],
    [32, 32],
  ],
  w: WORD,
};
/** `[:name:]`. */
export const POSIX_CLASS: Readonly<Record<string, readonly Range[]>> = {
  alnum: [...DIGIT, ...UPPER, ...LOWER],
  alpha: [...UPPER, ...LOWER],
  ascii: [[0, 0x7f]],
  blank: [
    [9, 9],
    [32, 32],
  ],
  cntrl: [
    [0, 0x1f],
    [0x7f, 0x7f],
  ],
  digit: DIGIT,
  graph: [[0x21, 0x7e]],
  lower: LOWER,
  print: [[0x20, 0x7e]],
  punct: [
    [0x21, 0x2f],
    [0x3a, 0x40],
    [0x5b, 0x60],
    [0x7b, 0x7e],
  ],
  space: [
    [9, 13],
    [32, 32],
  ],
  upper: UPPER,
  word: WORD,
  xdigit: [...DIGIT, [0x41, 0x46], [0x61, 0x66]],
};
/** `ranges` ascend and do not overlap. */
export function complement(ranges: readonly Range[]): Range[] {
  const gaps: Range[] = [];
  let next = 0;
  for (const [low, high] of ranges) {
    if (low > next) gaps.push([next, low - 1]);
    next = high + 1;
  }
  return [...gaps, [next, MAX]];
}

/** As written inside a class. */
export function rangeText([low, high]: Range): string {
  return `${literal(low)}-${literal(high)}`;
}

/** Valid inside and outside a class. */
export function literal(codePoint: number): string {
  return `\\u{${codePoint.toString(16)}}`;
}
