// The records of a container's log, from its older file and the present one; followed until the container has ended.
// Invariant: when the container has ended, its log was read to the end after that: the last lines are never lost.
import { closeSync, fstatSync, openSync, read, statSync } from 'node:fs';
import { promisify } from 'node:util';
import { errnoOf } from '../../core/errno.js';
import { watchFolder } from '../watch-folder.js';
import { lineDropper, type Output } from './log-lines.js';
import { decodeRecords, HEADER_BYTES, MOST_RECORD_BYTES, type LogRecord } from './log-records.js';
import { findTail, type TailStart } from './log-tail.js';

const readAt = promisify(read);
const CHUNK_BYTES = 4 * (HEADER_BYTES + MOST_RECORD_BYTES);

export interface LogPlace {
  /** The folder of the container, and its log there. */
  readonly directory: string;
  readonly log: string;
}

export interface LogReading {
  readonly signal: AbortSignal;
  /** Only the last lines. */
  readonly tail?: number;
  /**
   * Present for who follows: whether nothing more will be written. Told the time of the last end record, in nanoseconds
   * since 1970.
   */
  readonly isOver?: (end: bigint | undefined) => boolean;
}

interface OpenLog {
  readonly fd: number;
  readonly inode: number;
}

/** Ends at the end of the log, or when it is aborted. @throws TsbuildError STORE_CORRUPT */
export async function* readLog(place: LogPlace, reading: LogReading): AsyncGenerator<Output> {
  const { signal, tail, isOver } = reading;
  const changes = isOver ? watchFolder(place.directory) : undefined;
  const [older, first] = openBoth(place.log);
  let log = first;
  try {
    const starts = startsOf(older, log, tail);
    const drop = lineDropper(starts.dropped);
    let end: bigint | undefined;
    let offset = 0;
    const output = function* (records: readonly LogRecord[]): Generator<Output> {
      for (const record of records)
        if (record.stream === 'end') end = record.time;
        else {
          const data = drop(record);
          if (data.length > 0) yield { ...record, data };
        }
    };
    if (older && starts.older !== undefined)
      for await (const { records } of chunksOf(older.fd, starts.older, signal)) yield* output(records);
    offset = starts.log;
    for (;;) {
      const isLast = isOver === undefined || isOver(end);
      log ??= openLog(place.log);
      if (log)
        for await (const { records, next } of chunksOf(log.fd, offset, signal)) {
          yield* output(records);
          offset = next;
        }
      const rotated = isOver && log ? newLog(place.log, log) : undefined;
      if (rotated) {
        // What was written before it was renamed was read just now, but for what came in between.
        for await (const { records } of chunksOf(log!.fd, offset, signal)) yield* output(records);
        closeSync(log!.fd);
        [log, offset] = [rotated, 0];
        continue;
      }
      if (isLast || signal.aborted) return;
      await changes!.next(signal);
    }
  } finally {
    changes?.close();
    for (const open of [older, log]) if (open) closeSync(open.fd);
  }
}

/** Whole records. `next` is where the first one begins that was not whole. */
async function* chunksOf(
  fd: number,
  start: number,
  signal: AbortSignal,
): AsyncGenerator<{ readonly records: readonly LogRecord[]; readonly next: number }> {
  for (let offset = start; !signal.aborted;) {
    const { bytesRead, buffer } = await readAt(fd, Buffer.allocUnsafe(CHUNK_BYTES), 0, CHUNK_BYTES, offset);
    const { records, rest } = decodeRecords(buffer.subarray(0, bytesRead));
    if (records.length === 0) return;
    offset += bytesRead - rest.length;
    yield { records, next: offset };
  }
}

interface Starts {
  /** Absent: nothing of the older file is shown. */
  readonly older?: number;
  readonly log: number;
  readonly dropped: number;
}

function startsOf(older: OpenLog | undefined, log: OpenLog | undefined, tail: number | undefined): Starts {
  if (tail === undefined) return { older: 0, log: 0, dropped: 0 };
  const present: TailStart = log ? findTail(log.fd, sizeOf(log), tail) : { offset: 0, dropped: 0, shown: 0 };
  if (present.shown >= tail || !older) return { log: present.offset, dropped: present.dropped };
  const before = findTail(older.fd, sizeOf(older), tail - present.shown);
  return { older: before.offset, log: present.offset, dropped: before.dropped };
}

function sizeOf({ fd }: OpenLog): number {
  return fstatSync(fd).size;
}

/** The present file is opened first: one that is renamed meanwhile is then found twice, and not missed. */
function openBoth(path: string): readonly [older: OpenLog | undefined, log: OpenLog | undefined] {
  const log = openLog(path);
  const older = openLog(`${path}.1`);
  if (!log || older?.inode !== log.inode) return [older, log];
  closeSync(older.fd);
  return [log, openLog(path)];
}

function openLog(path: string): OpenLog | undefined {
  try {
    const fd = openSync(path, 'r');
    return { fd, inode: fstatSync(fd).ino };
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}

/** The file that has taken the place of this one. */
function newLog(path: string, { inode }: OpenLog): OpenLog | undefined {
  try {
    return statSync(path).ino === inode ? undefined : openLog(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
}
