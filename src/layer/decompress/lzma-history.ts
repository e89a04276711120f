// What LZMA can look back on: the last `dictionarySize` bytes of output, flat, so that copying needs no wrapping
// around.

export interface LzmaHistory {
  /** Output so far, up to `used`; older output is dropped from the front by `makeRoom`. */
  readonly data: Uint8Array;
  readonly used: number;
  /** Bytes since the last reset. */
  position(): number;
  /**
   * Whether there is a byte at this distance; 0 is the last one. Distances are 32-bit: negative ones are beyond 2^31.
   */
  has(distance: number): boolean;
  push(byte: number): void;
  copy(distance: number, length: number): void;
  append(bytes: Uint8Array): void;
  /** Makes sure that `length` bytes can be added. Moves data. */
  makeRoom(length: number): void;
  reset(): void;
}

const MIN_ROOM = 8 * 1024 * 1024;

export function createLzmaHistory(dictionarySize: number): LzmaHistory {
  const data = new Uint8Array(dictionarySize + Math.max(MIN_ROOM, dictionarySize >> 2));
  let used = 0;
  /** Place in `data` of the first byte since the reset; negative once that was dropped. */
  let origin = 0;

  return {
    data,
    get used() {
      return used;
    },
    position: () => used - origin,
    has: (distance) => distance >= 0 && distance < Math.min(used - origin, dictionarySize),
    push(byte) {
      data[used++] = byte;
    },
    copy(distance, length) {
      let from = used - distance - 1;
      // Byte by byte: source and target may overlap, which repeats a pattern.
      for (const end = used + length; used < end;) data[used++] = data[from++]!;
    },
    append(bytes) {
      data.set(bytes, used);
      used += bytes.length;
    },
    makeRoom(length) {
      if (used + length <= data.length) return;
      const dropped = used - dictionarySize;
      data.copyWithin(0, dropped, used);
      used -= dropped;
      origin -= dropped;
    },
    reset() {
      origin = used;
    },
  };
}
