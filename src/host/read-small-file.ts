// Reads a small file that the user named: whole, up to a limit. It never waits for a FIFO, nor reads an endless device.
import { closeSync, constants, fstatSync, openSync, readSync } from 'node:fs';
import { TsbuildError, type ErrorDetails } from '../core/errors.js';
import { errnoOf } from '../core/errno.js';

export interface SmallFile {
  /** Host path; symbolic links are followed. */
  readonly path: string;
  /** As shown in messages. */
  readonly name: string;
  readonly maxBytes: number;
}

/**
 * undefined when there is no such file.
 * @throws TsbuildError CONTEXT_UNREADABLE when it is not a regular file, is too large or may not be read
 */
export function readSmallFile({ path, name, maxBytes }: SmallFile): Buffer | undefined {
  return readOpened(() => openSync(path, OPEN_FLAGS), { name, maxBytes });
}

/** Of open(2), for a file that may turn out to be a FIFO. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NONBLOCK;

export interface ReadOptions extends Pick<SmallFile, 'name' | 'maxBytes'> {
  /** A directory counts as no file. */
  readonly isDirectoryAbsent?: boolean;
}

/** The same for a file that `open` opens; ENOENT, ENOTDIR and ELOOP mean that there is none. */
export function readOpened(
  open: () => number,
  { name, maxBytes, isDirectoryAbsent = false }: ReadOptions,
): Buffer | undefined {
  const fd = opened(open, name);
  if (fd === undefined) return undefined;
  try {
    const stat = fstatSync(fd);
    if (stat.isDirectory() && isDirectoryAbsent) return undefined;
    if (stat.isDirectory()) throw unreadable(name, 'is a directory', { hint: 'name a file in it' });
    if (!stat.isFile()) throw unreadable(name, 'not a regular file');
    return readBounded(fd, name, maxBytes);
  } finally {
    closeSync(fd);
  }
}

function opened(open: () => number, name: string): number | undefined {
  try {
    return open();
  } catch (error) {
    const errno = errnoOf(error);
    if (errno === 'ENOENT' || errno === 'ENOTDIR' || errno === 'ELOOP') return undefined;
    throw unreadable(name, errno === 'EACCES' ? 'permission denied' : (errno ?? String(error)), {
      cause: error,
    });
  }
}

function readBounded(fd: number, name: string, maxBytes: number): Buffer {
  const chunks: Buffer[] = [];
  for (let total = 0; ;) {
    const chunk = Buffer.allocUnsafe(64 * 1024);
    const count = readSync(fd, chunk, 0, chunk.length, null);
    if (count === 0) return Buffer.concat(chunks);
    total += count;
    if (total > maxBytes) throw unreadable(name, `larger than ${maxBytes} bytes`);
    chunks.push(chunk.subarray(0, count));
  }
}

function unreadable(name: string, why: string, details: ErrorDetails = {}): TsbuildError {
  return new TsbuildError('CONTEXT_UNREADABLE', `cannot read ${name}: ${why}`, details);
}
