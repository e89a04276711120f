// Reads a stream of chunks by numbers of bytes: for formats whose next part says how long it is.
// Invariant: holds the bytes asked for and the rest of one chunk, no more; a slice is a view and is never written to
// again.
import { TsbuildError } from '../../core/errors.js';

export interface ByteSource {
  /** Waits until `length` bytes are there or the stream has ended; returns all that are there, without taking them. */
  peek(length: number): Promise<Buffer>;
  /** Takes exactly `length` bytes. @throws TsbuildError LAYER_INVALID when the stream ends before */
  take(length: number): Promise<Buffer>;
  /** Takes bytes that a `peek` has shown. */
  skip(length: number): void;
  /** Takes `length` bytes away, whatever their number, in bounded memory. @throws TsbuildError LAYER_INVALID */
  drop(length: number): Promise<void>;
  /** Everything not taken yet. */
  rest(): AsyncGenerator<Buffer, void>;
  /** Bytes taken so far. */
  readonly position: number;
  /** Lets go of the stream. */
  close(): Promise<void>;
}

export function createByteSource(chunks: AsyncIterable<Buffer>, what: string): ByteSource {
  const iterator = chunks[Symbol.asyncIterator]();
  let held: Buffer = Buffer.alloc(0);
  let isEnded = false;
  let position = 0;

  async function next(): Promise<Buffer | undefined> {
    const step = await iterator.next();
    if (step.done) isEnded = true;
    return step.done ? undefined : step.value;
  }

  async function peek(length: number): Promise<Buffer> {
    if (held.length >= length || isEnded) return held;
    const parts = [held];
    for (let total = held.length; total < length;) {
      const part = await next();
      if (!part) break;
      parts.push(part);
      total += part.length;
    }
    held = Buffer.concat(parts);
    return held;
  }

  function skip(length: number): void {
    held = held.subarray(length);
    position += length;
  }

  function truncated(): TsbuildError {
    return new TsbuildError('LAYER_INVALID', `${what}: the compressed stream is truncated`);
  }

  return {
    peek,
    skip,
    async take(length) {
      const bytes = await peek(length);
      if (bytes.length < length) throw truncated();
      skip(length);
      return bytes.subarray(0, length);
    },
    async drop(length) {
      for (let left = length; left > 0;) {
        const some = await peek(1);
        if (some.length === 0) throw truncated();
        const dropped = Math.min(left, some.length);
        skip(dropped);
        left -= dropped;
      }
    },
    async *rest() {
      for (let chunk: Buffer | undefined = held; chunk; chunk = await next()) {
        held = Buffer.alloc(0);
        position += chunk.length;
        if (chunk.length > 0) yield chunk;
      }
    },
    get position() {
      return position;
    },
    async close() {
      isEnded = true;
      await iterator.return?.();
    },
  };
}
