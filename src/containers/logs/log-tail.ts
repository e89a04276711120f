// Where the last lines of a log begin. A large log is read from its end, in parts that grow.
import { readSync } from 'node:fs';
import { findBoundary } from './find-boundary.js';
import { lineCounter } from './log-lines.js';
import { decodeRecords, MOST_RECORD_BYTES, HEADER_BYTES } from './log-records.js';

export interface TailStart {
  /** A record begins there. */
  readonly offset: number;
  /** Of the lines from there, how many are left out. */
  readonly dropped: number;
  /** Lines from there on that are shown: fewer than asked when the log has fewer. */
  readonly shown: number;
}

const PARTS = [256 * 1024, 4 * 1024 * 1024, 32 * 1024 * 1024];
/** At the place where a part begins, each stream may be within a line. */
const STREAMS = 2;

/** @param size of the file @throws TsbuildError STORE_CORRUPT */
export function findTail(fd: number, size: number, lines: number): TailStart {
  for (const part of PARTS) {
    if (part >= size) break;
    const bytes = readAll(fd, size - part, part);
    const boundary = findBoundary(bytes);
    if (boundary === undefined) continue;
    const count = countLines(bytes.subarray(boundary));
    if (count >= lines + STREAMS)
      return { offset: size - part + boundary, dropped: count - lines, shown: lines };
  }
  const count = countLinesOfFile(fd, size);
  return { offset: 0, dropped: Math.max(0, count - lines), shown: Math.min(count, lines) };
}

function countLines(bytes: Buffer): number {
  const counter = lineCounter();
  for (const record of decodeRecords(bytes).records) if (record.stream !== 'end') counter.add(record);
  return counter.count();
}

function countLinesOfFile(fd: number, size: number): number {
  const counter = lineCounter();
  const chunk = Buffer.allocUnsafe(16 * (HEADER_BYTES + MOST_RECORD_BYTES));
  for (let offset = 0; offset < size;) {
    const length = readSync(fd, chunk, 0, Math.min(chunk.length, size - offset), offset);
    const { records, rest } = decodeRecords(chunk.subarray(0, length));
    for (const record of records) if (record.stream !== 'end') counter.add(record);
    if (rest.length === length) break;
    offset += length - rest.length;
  }
  return counter.count();
}

function readAll(fd: number, offset: number, length: number): Buffer {
  const bytes = Buffer.allocUnsafe(length);
  let done = 0;
  while (done < length) {
    const count = readSync(fd, bytes, done, length - done, offset + done);
    if (count === 0) break;
    done += count;
  }
  return bytes.subarray(0, done);
}
