// The big buffers a tar is assembled in: thousands of small files cost few writes. Each is handed on when what comes
// next has no room.
// Invariant: buffers are handed on at a multiple of the block size, except the last.
import { clear } from './header-fields.js';

const DEFAULT_CAPACITY = 2 << 20;

export interface OutputBuffer {
  /** Where the next bytes go: `data` from `used` on. There is always one byte of room behind `space()`. */
  readonly data: Buffer;
  readonly used: number;
  space(): number;
  /** Whether so many bytes have room in a buffer at all. */
  canHold(length: number): boolean;
  /** Counts bytes that were written into `data` by the caller. */
  commit(length: number): void;
  /** Yields each full buffer; the caller must be done with it before asking for the next. */
  put(bytes: Uint8Array): Generator<Buffer, void>;
  /** Zeros up to a multiple of the block size; they always have room. */
  pad(multiple: number): void;
  /** What is in the buffer; empties it. */
  take(): Buffer;
  /** Bytes so far, taken or not. */
  readonly total: number;
}

export interface OutputBufferOptions {
  /** How many of the buffers taken last keep their content; they are used in turn. */
  readonly held: number;
  /** Whether other threads are to see the buffers. */
  readonly isShared?: boolean;
  /** Bytes of each, a multiple of the block size. */
  readonly capacity?: number;
}

export function createOutputBuffer({
  held,
  isShared = false,
  capacity = DEFAULT_CAPACITY,
}: OutputBufferOptions): OutputBuffer {
  const spare: Buffer[] = [];
  const allocate = (): Buffer =>
    isShared ? Buffer.from(new SharedArrayBuffer(capacity + 1)) : Buffer.allocUnsafeSlow(capacity + 1);
  let data = allocate();
  let used = 0;
  let taken = 0;

  function take(): Buffer {
    const chunk = data.subarray(0, used);
    taken += used;
    used = 0;
    if (Number.isFinite(held)) spare.push(data);
    data = spare.length >= held ? spare.shift()! : allocate();
    return chunk;
  }

  return {
    get data() {
      return data;
    },
    get used() {
      return used;
    },
    get total() {
      return taken + used;
    },
    space: () => capacity - used,
    canHold: (length) => length <= capacity,
    commit(length) {
      used += length;
    },
    *put(bytes) {
      for (let start = 0; start < bytes.length;) {
        if (used === capacity) yield take();
        const part = bytes.subarray(start, start + capacity - used);
        data.set(part, used);
        used += part.length;
        start += part.length;
      }
    },
    pad(multiple) {
      const end = Math.ceil(used / multiple) * multiple;
      clear(data, used, end);
      used = end;
    },
    take,
  };
}
