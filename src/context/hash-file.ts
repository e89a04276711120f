// Hashing of context files. Sync with one reused buffer: three times faster for many small files than streams.
import { createHash } from 'node:crypto';
import { closeSync, constants, readSync } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import { createFileCalls, type FileCalls } from '../host/bulk-file-calls.js';
import { openDirectoriesBelow, type HostRoot, type OpenDirectories } from '../host/open-directories.js';
import { baseName, parentPath } from '../core/tree-path.js';
import { isSameStamp, type FileStamp } from './file-stamp.js';
import { contextChanged, contextFailure } from './host-path.js';

const BUFFER_BYTES = 1 << 20;
/** O_NONBLOCK: should a fifo stand there by now, opening it must not wait for a writer. */
const OPEN_FLAGS = constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK;

export interface HashableFile {
  /** The directory of the context. */
  readonly root: HostRoot;
  /** Relative to it. */
  readonly name: ByteString;
  /** From the lstat that the caller believes in. */
  readonly stamp: FileStamp;
}

/**
 * A function from a file to its sha256 in hex.
 * @throws TsbuildError CONTEXT_CHANGED when the file is not what `stamp` says before or after reading,
 * CONTEXT_UNREADABLE.
 */
export function createFileHasher(): (file: HashableFile) => string {
  let buffer: Buffer | undefined;
  const calls = createFileCalls();
  const roots = new Map<HostRoot, OpenDirectories>();
  const directoriesOf = (root: HostRoot): OpenDirectories => {
    const known = roots.get(root) ?? openDirectoriesBelow(root);
    roots.set(root, known);
    return known;
  };
  return (file) => {
    buffer ??= Buffer.allocUnsafeSlow(BUFFER_BYTES);
    const fd = openFile(file, directoriesOf(file.root), calls);
    try {
      const digest = hashContent(fd, file, buffer);
      if (!isSameStamp(calls.statusOfOpen(fd), file.stamp)) throw contextChanged(file.name);
      return digest;
    } catch (error) {
      throw contextFailure(error, file.name);
    } finally {
      closeSync(fd);
    }
  };
}

function openFile({ name }: HashableFile, directories: OpenDirectories, calls: FileCalls): number {
  try {
    return calls.open(directories.at(parentPath(name)), baseName(name), OPEN_FLAGS);
  } catch (error) {
    throw contextFailure(error, name);
  }
}

/** Reads no more than the size says: the file may have become an endless one. */
function hashContent(fd: number, file: HashableFile, buffer: Buffer): string {
  const hash = createHash('sha256');
  for (let left = Number(file.stamp.size); left > 0;) {
    const count = readSync(fd, buffer, 0, Math.min(left, buffer.length), null);
    if (count === 0) throw contextChanged(file.name);
    hash.update(buffer.subarray(0, count));
    left -= count;
  }
  return hash.digest('hex');
}
