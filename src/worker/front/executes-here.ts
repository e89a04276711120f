// Whether this machine executes a program: by its processor, or by what its host has registered. Found by trying.
import { execFile } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { storeWriteError, temporaryName } from '../../store/durable-write.js';

/** What ends at once ends in much less time, emulated too. */
const TIME_LIMIT = 20_000;

/**
 * @param program a file that ends at once with 0
 * @param directory for the file, which is deleted. Where programs may not be executed none is.
 * @throws TsbuildError STORE_UNWRITABLE, STORE_FULL
 */
export async function executesHere(program: Uint8Array, directory: string): Promise<boolean> {
  const path = temporaryName(directory);
  try {
    writeFileSync(path, program, { mode: 0o700, flag: 'wx' });
  } catch (error) {
    throw storeWriteError(error, path);
  }
  try {
    return await new Promise((resolve) =>
      execFile(path, { env: {}, timeout: TIME_LIMIT }, (error) => resolve(error === null)),
    );
  } finally {
    rmSync(path, { force: true });
  }
}
