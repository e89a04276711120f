// The bytes of a file that this process is writing, for a reader that keeps up: what was just written is given as it
// is, and what the reader missed is read from the file.
// Invariant: a few of the last chunks are held while somebody reads, and none otherwise.
import { closeSync, openSync, readSync } from 'node:fs';
import { TsbuildError } from '../core/errors.js';

/** Of the last chunks; enough for a reader that waits for a connection now and then. */
const HELD_BYTES = 4 << 20;
const PIECE = 256 * 1024;

export interface FollowedFile {
  /** Says that a chunk was added to the file. Nobody may write to it afterwards. */
  wrote(chunk: Buffer): void;
  /** Says that the file is whole, or why it will not be. */
  end(failure?: { readonly error: unknown }): void;
  /**
   * All of the file, as it comes. The file must have its name when the first chunk is asked for.
   * @throws TsbuildError ABORTED; errors of open(2); the failure that `end` was told
   */
  follow(signal: AbortSignal): AsyncGenerator<Buffer, void>;
}

export function followedFile(path: string): FollowedFile {
  let held: { readonly start: number; readonly chunk: Buffer }[] = [];
  let size = 0;
  let readers = 0;
  let ended: { readonly failure: { readonly error: unknown } | undefined } | undefined;
  const waiting = new Set<() => void>();

  function wake(): void {
    for (const resolve of waiting) resolve();
    waiting.clear();
  }

  /** Resolves with the next thing that is said, or when the signal is aborted. */
  async function change(signal: AbortSignal): Promise<void> {
    let resolved = (): void => undefined;
    const promise = new Promise<void>((resolve) => (resolved = resolve));
    waiting.add(resolved);
    signal.addEventListener('abort', resolved, { once: true });
    await promise;
    signal.removeEventListener('abort', resolved);
    waiting.delete(resolved);
  }

  function hold(chunk: Buffer): void {
    held.push({ start: size, chunk });
    while (held[0] && size + chunk.length - held[0].start > HELD_BYTES) held.shift();
  }

  /** The bytes from `at` on, as many as are at hand; undefined when there are none. */
  function bytesAt(fd: number, at: number): Buffer | undefined {
    const chunk = held.find(({ start }) => start === at)?.chunk;
    if (chunk || at === size) return chunk;
    const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, size - at));
    return piece.subarray(0, readSync(fd, piece, 0, piece.length, at));
  }

  return {
    wrote(chunk) {
      if (chunk.length === 0) return;
      if (readers > 0) hold(chunk);
      size += chunk.length;
      wake();
    },
    end(failure) {
      ended = { failure };
      wake();
    },
    async *follow(signal) {
      const fd = openSync(path, 'r');
      readers++;
      try {
        for (let at = 0; ;) {
          if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted while a layer was on its way');
          if (ended?.failure) throw ended.failure.error;
          const bytes = bytesAt(fd, at);
          if (bytes?.length) yield bytes;
          else if (ended) return;
          else await change(signal);
          at += bytes?.length ?? 0;
        }
      } finally {
        if (--readers === 0) held = [];
        closeSync(fd);
      }
    },
  };
}
