// Writing so that a kill leaves either the old file or the new one: temp file on the same file system, fsync, rename.
// After a power loss too; that it is the new one is certain only when the folder was synced behind the rename
// (rename(2), fsync(2)), which is waited for where something must not be lost.
import { randomBytes } from 'node:crypto';
import { closeSync, fsync, fsyncSync, mkdirSync, openSync, renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { TsbuildError } from '../core/errors.js';
import { writeAll } from '../host/write-all.js';

/** A name in `dir` that nothing else uses; unfinished files are recognised by the `tmp-` prefix. */
export function temporaryName(dir: string): string {
  return join(dir, `tmp-${process.pid}-${randomBytes(6).toString('hex')}`);
}

const UNUSABLE: ReadonlySet<string> = new Set([
  'EACCES',
  'EPERM',
  'EROFS',
  'ENOENT',
  'ELOOP',
  'ENAMETOOLONG',
  'EISDIR',
  'EIO',
]);

/** The errno codes of a write that only the user can mend, as errors that say how. */
export function storeWriteError(error: unknown, path: string): unknown {
  const code = (error as NodeJS.ErrnoException).code;
  if (code === 'ENOSPC' || code === 'EDQUOT')
    return new TsbuildError('STORE_FULL', `no space left for ${path}`, {
      hint: 'free disk space, or set TSBUILD_ROOT to a directory on a larger disk',
      cause: error,
    });
  if (code === 'ENOTDIR' || code === 'EEXIST')
    return new TsbuildError(
      'STORE_UNWRITABLE',
      `cannot make ${path}: a file is in the place of a directory`,
      {
        hint: 'set TSBUILD_ROOT to a directory, or to a path where one can be made',
        cause: error,
      },
    );
  if (code !== undefined && UNUSABLE.has(code))
    return new TsbuildError('STORE_UNWRITABLE', `cannot write ${path}: ${(error as Error).message}`, {
      hint: 'set TSBUILD_ROOT to a directory that you own',
      cause: error,
    });
  return error;
}

/** What a file is written with; pieces come one behind the other. */
type FileData = string | Uint8Array | readonly Uint8Array[];

/**
 * Replaces `path` by `data` in one step. The data is on the disk when this returns; that `path` is its name may not be:
 * `syncFolder`.
 * @throws TsbuildError STORE_FULL, STORE_UNWRITABLE
 */
export function writeDurably(path: string, data: FileData, tmpDir: string): void {
  replaceFile(path, data, { tmpDir, isSynced: true });
}

/**
 * Replaces `path` by `data` in one step for everybody who looks, but not for the disk: `unsynced-files.ts`.
 * @throws TsbuildError STORE_FULL, STORE_UNWRITABLE
 */
export function writeUnsynced(path: string, data: FileData, tmpDir: string): void {
  replaceFile(path, data, { tmpDir, isSynced: false });
}

/** As `writeDurably`, while others wait for the disk too. */
export async function writeDurablyAside(path: string, data: FileData, tmpDir: string): Promise<void> {
  const temporary = temporaryName(tmpDir);
  try {
    writeNew(temporary, data, { isSynced: false });
    await syncFile(temporary);
    commitFile(temporary, path);
  } catch (error) {
    throw abandoned(temporary, path, error);
  }
}

/** Waits until the content of a file is on the disk. @throws TsbuildError STORE_FULL, STORE_UNWRITABLE */
export async function syncFile(path: string): Promise<void> {
  try {
    const fd = openSync(path, 'r');
    try {
      await promisify(fsync)(fd);
    } finally {
      closeSync(fd);
    }
  } catch (error) {
    throw storeWriteError(error, path);
  }
}

/** Waits until the names in a folder are on the disk. @throws TsbuildError STORE_FULL, STORE_UNWRITABLE */
export async function syncFolder(path: string): Promise<void> {
  try {
    await syncFile(path);
  } catch (error) {
    // A file system that has no such call, as some of networks: nothing more can be asked of it.
    if ((error as NodeJS.ErrnoException).code !== 'EINVAL') throw error;
  }
}

function replaceFile(
  path: string,
  data: FileData,
  { tmpDir, isSynced }: { readonly tmpDir: string; readonly isSynced: boolean },
): void {
  const temporary = temporaryName(tmpDir);
  try {
    writeNew(temporary, data, { isSynced });
    commitFile(temporary, path);
  } catch (error) {
    throw abandoned(temporary, path, error);
  }
}

function writeNew(path: string, data: FileData, { isSynced }: { readonly isSynced: boolean }): void {
  const fd = openSync(path, 'wx', 0o644);
  try {
    for (const piece of piecesOf(data)) writeAll(fd, piece);
    if (isSynced) fsyncSync(fd);
  } finally {
    closeSync(fd);
  }
}

/** What to throw for a file that will not get its name. */
function abandoned(temporary: string, path: string, error: unknown): unknown {
  rmSync(temporary, { force: true });
  return storeWriteError(error, path);
}

function piecesOf(data: FileData): readonly Uint8Array[] {
  if (typeof data === 'string') return [Buffer.from(data)];
  return data instanceof Uint8Array ? [data] : data;
}

/** Gives a finished (written, fsynced) temporary file its name. */
export function commitFile(temporary: string, path: string): void {
  try {
    renameSync(temporary, path);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(dirname(path), { recursive: true });
    renameSync(temporary, path);
  }
}
