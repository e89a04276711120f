// The one big buffer a tar is assembled in, hashed and counted as it leaves. Thousands of small files cost few writes.
import { createHash } from 'node:crypto';
import { digestOfHash, type DiffId } from '../../core/digest.js';

const CAPACITY = 4 << 20;

export interface OutputBuffer {
  /** Where the next bytes go: `data` from `used` on. There is always one byte of room behind `space()`. */
  readonly data: Buffer;
  readonly used: number;
  space(): number;
  /** Counts bytes that were written into `data` by the caller. */
  commit(length: number): void;
  /** Yields each full buffer; the caller must be done with it before asking for the next. */
  put(bytes: Uint8Array): Generator<Buffer, void>;
  pad(multiple: number): Generator<Buffer, void>;
  /** What is in the buffer; empties it. */
  take(): Buffer;
  /** Bytes so far, taken or not. */
  readonly total: number;
  /** Digest of all that was taken. Once. */
  digest(): DiffId;
}

/** `held`: how many of the buffers taken last keep what is in them; they are used in turn. */
export function createOutputBuffer({ held }: { held: number }): OutputBuffer {
  const hash = createHash('sha256');
  const spare: Buffer[] = [];
  let data: Buffer = Buffer.allocUnsafeSlow(CAPACITY + 1);
  let used = 0;
  let taken = 0;

  function take(): Buffer {
    const chunk = data.subarray(0, used);
    hash.update(chunk);
    taken += used;
    used = 0;
    if (Number.isFinite(held)) spare.push(data);
    data = spare.length >= held ? spare.shift()! : Buffer.allocUnsafeSlow(CAPACITY + 1);
    return chunk;
  }

  function* put(bytes: Uint8Array): Generator<Buffer, void> {
    for (let start = 0; start < bytes.length;) {
      if (used === CAPACITY) yield take();
      const part = bytes.subarray(start, start + CAPACITY - used);
      data.set(part, used);
      used += part.length;
      start += part.length;
    }
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
    space: () => CAPACITY - used,
    commit(length) {
      used += length;
    },
    put,
    *pad(multiple) {
      const missing = (multiple - ((taken + used) % multiple)) % multiple;
      if (missing > 0) yield* put(Buffer.alloc(missing));
    },
    take,
    digest: () => digestOfHash(hash) as DiffId,
  };
}
