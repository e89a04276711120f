// Numbers that depend on nothing but a seed and the number of an input, so that every input can be made again.

/** Whole numbers from 0 up to, not including, `limit` (mulberry32). */
export function randomFrom(seed, number) {
  let state = (Math.imul(seed | 0, 0x9e3779b1) ^ Math.imul(number + 1, 0x85ebca6b)) | 0;
  return (limit) => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), state | 1);
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61);
    return Math.floor((((mixed ^ (mixed >>> 14)) >>> 0) / 2 ** 32) * limit);
  };
}

export const pick = (list, random) => list[random(list.length)];
