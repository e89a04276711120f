// Bits of a buffer, the highest of each byte first. Behind the end there are zeros; `position` tells that it was
// passed.

export interface BitReader {
  /** The next `count` bits, at most 24, without taking them. */
  peek(count: number): number;
  /** Takes bits that a `peek` of at least as many has shown. */
  skip(count: number): void;
  /** Takes the next `count` bits, at most 24. */
  take(count: number): number;
  /** Bits taken so far, from the start of the buffer. */
  position(): number;
}

export function createBitReader(data: Uint8Array, startBit: number): BitReader {
  let next = startBit >> 3;
  // The lower `count` bits of `held` are the ones not taken yet.
  let held = 0;
  let count = 0;

  function peek(wanted: number): number {
    while (count < wanted) {
      held = (held << 8) | (next < data.length ? data[next]! : 0);
      next++;
      count += 8;
    }
    return (held >>> (count - wanted)) & ((1 << wanted) - 1);
  }

  function skip(taken: number): void {
    count -= taken;
  }

  function take(wanted: number): number {
    const bits = peek(wanted);
    count -= wanted;
    return bits;
  }

  take(startBit & 7);
  return { peek, skip, take, position: () => next * 8 - count };
}
