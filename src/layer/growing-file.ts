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
    for (let at = 0; at < size;) {
      if (signal.aborted) throw new TsbuildError('ABORTED', 'interrupted while a layer was being fetched');
      const piece = Buffer.allocUnsafeSlow(Math.min(PIECE, size - at));
      const length = readSync(fd, piece, 0, piece.length, at);
      at += length;
      if (length > 0) yield piece.subarray(0, length);
      else await sleep(POLL_MS);
    }
  } finally {
    closeSync(fd);
  }
}
