// The bytes of a file that another process is still writing.
import { closeSync, openSync, readSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';

const PIECE = 256 * 1024;
const POLL_MS = 5;

/** The first `size` bytes, as they come. @throws TsbuildError ABORTED */
export async function* growingFile(path: string, size: number, signal: AbortSignal): AsyncGenerator<Buffer> {
  const fd = openSync(path, 'r');
  try {
    // What comes in drops shares a piece.
    let piece = Buffer.alloc(0);
    let used = 0;
    for (let at = 0; at < size;) {
      if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted while a layer was on its way');
      if (used === piece.length) {
        piece = Buffer.allocUnsafeSlow(Math.min(PIECE, size - at));
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
