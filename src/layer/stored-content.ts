// Reads contents out of files that hold many, such as the uncompressed tar of a layer; the holes of files with holes
// read as zeros.
import { closeSync, openSync, readSync } from 'node:fs';
import { TsbuildError } from '../core/errors.js';
import type { DataRuns } from './entry.js';

export interface StoredContent {
  readonly offset: number;
  /** What stands there of a content with holes; absent when all of it does. */
  readonly runs?: DataRuns | undefined;
}

/** A file that holds many contents, open for reading. */
export interface ContentFile {
  /** Reads a content from its start on; contents may be read in turns. */
  reader(content: StoredContent): StoredReader;
  /** The error for a content that turns out to be another one than was promised, or to end too early. */
  damaged(): Error;
  close(): void;
}

const PIECE = 256 * 1024;

/**
 * Reads a content from its start on: fills `target` from `start` with the next bytes, `length` at most and no
 * more than the content has left. Returns how many they were; 0 only when the file ends too early.
 */
export type StoredReader = (target: Uint8Array, start: number, length: number) => number;

export function createStoredReader(fd: number, { offset, runs }: StoredContent): StoredReader {
  let place = offset;
  const readOn: StoredReader = (target, start, length) => {
    const count = readSync(fd, target, start, length, place);
    place += count;
    return count;
  };
  return runs ? withHoles(readOn, runs) : readOn;
}

/** @param damaged gives the error for contents that are not what they should be. @throws errors of open(2) */
export function openContentFile(
  path: string | Buffer,
  damaged: () => Error = () =>
    new TsbuildError('STORE_CORRUPT', `${String(path)}: shorter than its index says`),
): ContentFile {
  const fd = openSync(path, 'r');
  return {
    reader: (content) => createStoredReader(fd, content),
    damaged,
    close: () => closeSync(fd),
  };
}

function withHoles(readOn: StoredReader, runs: DataRuns): StoredReader {
  let position = 0;
  let run = 0;
  return (target, start, length) => {
    if (position === (runs[run] ?? Infinity) + (runs[run + 1] ?? 0)) run += 2;
    const dataStart = runs[run] ?? Infinity;
    const isHole = position < dataStart;
    const bound = isHole ? dataStart : dataStart + runs[run + 1]!;
    const wanted = Math.min(length, bound - position);
    if (isHole) target.fill(0, start, start + wanted);
    const count = isHole ? wanted : readOn(target, start, wanted);
    position += count;
    return count;
  };
}

/**
 * All `size` bytes of a content, holes included, each piece in a buffer of its own. Gives way to others between pieces.
 * The file is opened when the first piece is asked for, and closed at the end.
 * @throws TsbuildError STORE_CORRUPT when the file ends too early, and what `open` throws
 */
export async function* storedChunks(
  open: () => ContentFile,
  content: StoredContent,
  size: number,
): AsyncGenerator<Buffer, void> {
  const file = open();
  try {
    const read = file.reader(content);
    for (let left = size; left > 0;) {
      const piece = Buffer.allocUnsafeSlow(Math.min(left, PIECE));
      const count = read(piece, 0, Math.min(left, piece.length));
      if (count === 0) throw file.damaged();
      left -= count;
      yield piece.subarray(0, count);
      await new Promise((resolve) => setImmediate(resolve));
    }
  } finally {
    file.close();
  }
}
