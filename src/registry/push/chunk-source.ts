// Pieces of a stream by their place, read in order where that is possible: the stream is opened again only to go back.
// Invariant: in memory is never more than one buffer of the stream.

export interface ChunkSource {
  /** `length` bytes from `start` on; fewer when the stream ends before. */
  read(start: number, length: number): AsyncIterable<Buffer>;
  close(): Promise<void>;
}

export function openChunks(open: () => AsyncIterable<Buffer>): ChunkSource {
  let chunks: AsyncIterator<Buffer> | undefined;
  /** Bytes of the stream that were given out or skipped. */
  let position = 0;
  let rest: Buffer = Buffer.alloc(0);

  const close = async (): Promise<void> => {
    const ended = chunks;
    chunks = undefined;
    rest = Buffer.alloc(0);
    position = 0;
    await ended?.return?.();
  };
  /** At most `length` bytes; none at the end of the stream. */
  const take = async (length: number): Promise<Buffer> => {
    chunks ??= open()[Symbol.asyncIterator]();
    while (rest.length === 0) {
      const next = await chunks.next();
      if (next.done) return Buffer.alloc(0);
      rest = next.value;
    }
    const taken = rest.subarray(0, length);
    rest = rest.subarray(taken.length);
    position += taken.length;
    return taken;
  };
  /** Goes to `end`, or to the end of the stream. */
  async function* upTo(end: number): AsyncGenerator<Buffer> {
    for (let left = end - position; left > 0; left = end - position) {
      const taken = await take(left);
      if (taken.length === 0) return;
      yield taken;
    }
  }
  return {
    async *read(start, length) {
      if (start < position) await close();
      for await (const skipped of upTo(start)) void skipped;
      yield* upTo(start + length);
    },
    close,
  };
}
