// The bytes of a file that is still being written, by another process or by this one.
import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';

const PIECE = 256 * 1024;
const POLL_MS = 5;

/** The first `size` bytes, as they come. @throws TsbuildError ABORTED */
export function growingFile(path: string, size: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  return follow(path, () => size, signal);
}

/**
 * All of it, up to the size that is known when it is whole.
 * @throws TsbuildError ABORTED; what `whole` rejects with
 */
export async function* growingFileUntil(
  path: string,
  whole: Promise<number>,
  signal: AbortSignal,
): AsyncGenerator<Buffer> {
  let size = Infinity;
  let failure: { readonly error: unknown } | undefined;
  whole.then(
    (known) => (size = known),
    (error: unknown) => (failure = { error }),
  );
  const sizeNow = (): number => {
    if (failure) throw failure.error;
    return size;
  };
  yield* follow(path, sizeNow, signal);
}

async function* follow(path: string, sizeNow: () => number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const fd = openSync(path, 'r');
  try {
    // What comes in drops shares a piece.
    let piece = Buffer.alloc(0);
    let used = 0;
    for (let at = 0; at < sizeNow();) {
      if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted while a layer was on its way');
      if (used === piece.length) {
        piece = Buffer.allocUnsafeSlow(Math.min(PIECE, sizeNow() - at));
        used = 0;
      }
      const length = readSync(fd, piece, used, piece.length - used, at);
      if (length === 0) await sleep(POLL_MS);
      else yield piece.subarray(used, used + length);
      at += length;
      used += length;
    }
  } finally {
    closeSync(fd);
  }
}
