// A file that is written while somebody reads the same bytes, and that gets its name only when the reader was content
// with all of them.
import { closeSync, fsync, openSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { commitFile, storeWriteError } from './durable-write.js';
import { writeAll } from '../host/write-all.js';

/**
 * Hands `chunks` to `consume` while writing them to `temporary`; renames that to `path` after `consume` has returned.
 * With `size`, how many bytes they are, the disk begins with the file at the last of them, though `consume` may not ask
 * for what follows. When `consume` throws (a wrong digest, say) nothing is left.
 * @throws what `consume` throws; TsbuildError STORE_FULL, STORE_UNWRITABLE
 */
export async function spoolWhile<T>(
  temporary: string,
  path: string,
  { chunks, size }: { readonly chunks: AsyncIterable<Buffer>; readonly size?: number },
  consume: (tee: AsyncIterable<Buffer>, temporary: string) => Promise<T>,
): Promise<T> {
  try {
    const fd = openSync(temporary, 'wx', 0o644);
    let synced: Promise<void> | undefined;
    let result: T;
    try {
      // The disk gets the whole file while the reader is still at its end.
      const onEnd = () => (synced ??= promisify(fsync)(fd));
      result = await consume(writing(fd, { chunks, size, onEnd }), temporary);
      await (synced ?? promisify(fsync)(fd));
    } finally {
      await Promise.resolve(synced).catch(() => undefined);
      closeSync(fd);
    }
    commitFile(temporary, path);
    return result;
  } catch (error) {
    throw storeWriteError(error, path);
  } finally {
    rmSync(temporary, { force: true });
  }
}

async function* writing(
  fd: number,
  {
    chunks,
    size,
    onEnd,
  }: {
    readonly chunks: AsyncIterable<Buffer>;
    readonly size: number | undefined;
    readonly onEnd: () => Promise<void>;
  },
): AsyncIterable<Buffer> {
  let written = 0;
  for await (const chunk of chunks) {
    writeAll(fd, chunk);
    written += chunk.length;
    if (written === size) onEnd().catch(() => undefined);
    yield chunk;
  }
  onEnd().catch(() => undefined);
}
