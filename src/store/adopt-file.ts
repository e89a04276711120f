// A file of tmp/ that turns out to be a blob: it gets the name of the blob, and nothing is copied.
import { commitFile, storeWriteError, syncFile } from './durable-write.js';

/**
 * @param verify reads all of the file; the name is given when it returns
 * @throws what `verify` throws, and the file stays; TsbuildError STORE_FULL, STORE_UNWRITABLE
 */
export async function adoptFile(temporary: string, path: string, verify: () => Promise<void>): Promise<void> {
  await verify();
  await syncFile(temporary);
  try {
    commitFile(temporary, path);
  } catch (error) {
    throw storeWriteError(error, path);
  }
}
