// A blob whose digest is known only when all of it was written.
import { createHash } from 'node:crypto';
import { closeSync, fsync, openSync, rmSync } from 'node:fs';
import { promisify } from 'node:util';
import { digestOfHash, type Digest } from '../core/digest.js';
import { writeAll } from '../host/write-all.js';
import { commitFile, storeWriteError, temporaryName } from './durable-write.js';
import type { StorePaths } from './store-paths.js';

/**
 * The blob is on the disk when this returns.
 * @param onBegun gets the path of the file that grows
 * @throws what `chunks` throws; TsbuildError STORE_FULL, STORE_UNWRITABLE
 */
export async function writeBlob(
  paths: StorePaths,
  chunks: AsyncIterable<Buffer>,
  onBegun?: (temporary: string) => void,
): Promise<{ readonly digest: Digest; readonly size: number }> {
  const temporary = temporaryName(paths.tmp);
  const hash = createHash('sha256');
  let size = 0;
  try {
    const fd = openSync(temporary, 'wx', 0o644);
    try {
      onBegun?.(temporary);
      for await (const chunk of chunks) {
        hash.update(chunk);
        size += chunk.length;
        writeAll(fd, chunk);
      }
      await promisify(fsync)(fd);
    } finally {
      closeSync(fd);
    }
    const digest = digestOfHash(hash);
    commitFile(temporary, paths.blob(digest));
    return { digest, size };
  } catch (error) {
    throw storeWriteError(error, temporary);
  } finally {
    rmSync(temporary, { force: true });
  }
}
