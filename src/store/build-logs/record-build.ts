// Writes the log of a build while it goes on. Invariants: a build of hits writes one small file, once, without waiting
// for the disk; memory and the file are bounded, and of a step that says too much the beginning and the end are kept.
// Nobody but the builder's user can read it.
import { closeSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { randomBytes } from 'node:crypto';
import type { BuildEvent } from '../../core/events.js';
import { writeAll } from '../../host/write-all.js';
import type { StorePaths } from '../store-paths.js';
import { endLine, eventLine, headerLine, type BuildEnd, type BuildHeader } from './log-lines.js';

/** Bytes that wait before they are written. */
const BUFFER = 64 << 10;
/** Seconds after which a build that goes on is written: one that is killed leaves what it said. */
const DELAY = 1;

export interface LogBounds {
  /** Bytes of output, after which only the last of it is kept. */
  readonly most: number;
  /** Bytes of the last of it. */
  readonly last: number;
}

const BOUNDS: LogBounds = { most: 16 << 20, last: 256 << 10 };

export interface BuildRecorder {
  /** @throws the errno of a write */
  onEvent(event: BuildEvent): void;
  /** The size of the log in bytes. @throws the errno of a write */
  end(end: BuildEnd): number;
  /** Idempotent; what waits is dropped. */
  close(): void;
}

/** Twelve letters and digits. Ids sort by time: eight digits of milliseconds in base 36, which last until 2059. */
export function newBuildId(seconds: number): string {
  const time = Math.floor(seconds * 1000)
    .toString(36)
    .padStart(8, '0');
  return time + (randomBytes(4).readUInt32BE() % 36 ** 4).toString(36).padStart(4, '0');
}

export function buildLogFile({ builds }: Pick<StorePaths, 'builds'>, id: string): string {
  return join(builds, `${id}.jsonl`);
}

/** Nothing is written before there is much to write, or the build has ended. */
export function recordBuild(
  paths: Pick<StorePaths, 'builds'>,
  header: BuildHeader,
  { most, last }: LogBounds = BOUNDS,
): BuildRecorder {
  let waiting = headerLine(header);
  let writtenAt = header.started;
  let size = 0;
  let fd: number | undefined;
  let output = 0;
  /** The last lines of output beyond what is kept. */
  let rest: string[] = [];
  let restSize = 0;
  let dropped = 0;

  const flush = (): void => {
    if (waiting === '') return;
    const data = Buffer.from(waiting);
    waiting = '';
    fd ??= openLog(paths, header.id);
    writeAll(fd, data);
    size += data.length;
  };
  const keepLast = (line: string): void => {
    rest.push(line);
    restSize += line.length;
    while (restSize > last && rest.length > 1) {
      const length = rest.shift()!.length;
      restSize -= length;
      dropped += length;
    }
  };
  const flushRest = (): void => {
    const message = `about ${dropped} bytes of output are not in this log`;
    if (dropped > 0) waiting += eventLine({ kind: 'note', message });
    waiting += rest.join('');
    rest = [];
  };
  return {
    onEvent(event) {
      const line = eventLine(event);
      if (event.kind === 'step-log') output += line.length;
      if (event.kind === 'step-log' && output > most) return keepLast(line);
      waiting += line;
      const time = 'time' in event ? event.time : writtenAt;
      if (waiting.length < BUFFER && time - writtenAt < DELAY) return undefined;
      writtenAt = time;
      return flush();
    },
    end(end) {
      flushRest();
      waiting += endLine(end);
      flush();
      return size;
    },
    close() {
      if (fd !== undefined) closeSync(fd);
      fd = undefined;
    },
  };
}

function openLog(paths: Pick<StorePaths, 'builds'>, id: string): number {
  const file = buildLogFile(paths, id);
  try {
    return openSync(file, 'wx', 0o600);
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ENOENT') throw error;
    mkdirSync(paths.builds, { recursive: true });
    return openSync(file, 'wx', 0o600);
  }
}
