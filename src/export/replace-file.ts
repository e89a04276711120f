// A file of the user's that is replaced in one step. What is not a regular file (/dev/null, a FIFO, /dev/stdout) is
// written to where it stands: a device must never be replaced by a file.
import { realpathSync, statSync } from 'node:fs';
import { open, rename, rm, type FileHandle } from 'node:fs/promises';
import { outputError } from './output-error.js';
import { temporaryBeside } from './temporary-beside.js';

/**
 * Calls `write` with the open file; it has its name once `write` has returned, and nothing is left when it throws.
 * @throws TsbuildError OUTPUT_FAILED, and what `write` throws
 */
export async function replaceFile(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  try {
    const existing = statSync(path, { throwIfNoEntry: false });
    if (existing && !existing.isFile()) return await writeInPlace(path, write);
    await writeAndRename(existing ? realpathSync(path) : path, write);
  } catch (error) {
    throw outputError(error, path);
  }
}

async function writeInPlace(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const file = await open(path, 'w');
  try {
    await write(file);
  } finally {
    await file.close();
  }
}

async function writeAndRename(path: string, write: (file: FileHandle) => Promise<void>): Promise<void> {
  const temporary = temporaryBeside(path);
  try {
    const file = await open(temporary, 'wx', 0o644);
    try {
      await write(file);
      await file.sync();
    } finally {
      await file.close();
    }
    await rename(temporary, path);
  } catch (error) {
    await rm(temporary, { force: true });
    throw error;
  }
}
