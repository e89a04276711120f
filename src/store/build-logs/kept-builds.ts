// The logs of builds that are kept: listing them, finding one, reading it, and deleting the oldest when there are too
// many. Invariant: a file that is damaged, or deleted meanwhile, hides no other.
import {
  closeSync,
  createReadStream,
  fstatSync,
  openSync,
  readdirSync,
  readSync,
  rmSync,
  statSync,
} from 'node:fs';
import { createInterface } from 'node:readline';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { BuildEvent } from '../../core/events.js';
import type { StorePaths } from '../store-paths.js';
import { removeKeptStep } from './kept-step.js';
import { parseLine, type BuildEnd, type BuildHeader } from './log-lines.js';
import { buildLogFile } from './record-build.js';

type Paths = Pick<StorePaths, 'builds'>;

export interface KeptBuild {
  readonly header: BuildHeader;
  /** Absent for one that runs, or that was killed. */
  readonly end?: BuildEnd | undefined;
}

/** How many logs are kept, and how many bytes of them. */
export interface KeptBounds {
  readonly count: number;
  readonly bytes: number;
}

const KEPT: KeptBounds = { count: 100, bytes: 200 << 20 };
/** A log up to this size is no reason to ask for the sizes of all. */
const SMALL = 64 << 10;
/** Bytes at the beginning and at the end of a log in which the lines stand that say what it is of. */
const EDGE = 16 << 10;
const FILE = /^([0-9a-z]{12})\.jsonl$/;

/** The ids, oldest first. */
function keptIds({ builds }: Paths): string[] {
  try {
    return readdirSync(builds)
      .flatMap((name) => FILE.exec(name)?.[1] ?? [])
      .toSorted();
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return [];
    throw error;
  }
}

/** The latest first. Only the edges of the files are read. */
export function keptBuilds(paths: Paths): KeptBuild[] {
  return keptIds(paths)
    .toReversed()
    .flatMap((id) => readEdges(buildLogFile(paths, id)) ?? []);
}

/** @param id or its beginning; undefined is the last build. @throws TsbuildError OPTION_INVALID */
export function findBuild(paths: Paths, id: string | undefined): string {
  const ids = keptIds(paths);
  if (id === undefined) {
    const last = ids.at(-1);
    if (last !== undefined) return last;
    throw new TsbuildError('OPTION_INVALID', 'there is no log of a build', {
      hint: 'logs are kept of the last builds with this store: run tsbuild first',
    });
  }
  const found = ids.filter((each) => each.startsWith(id));
  if (found.length === 1) return found[0]!;
  throw new TsbuildError(
    'OPTION_INVALID',
    found.length === 0 ? `there is no log of a build ${id}` : `${found.length} builds begin with ${id}`,
    { hint: 'tsbuild builds lists those that are kept' },
  );
}

/** What it is of, without its events. @throws TsbuildError OPTION_INVALID when it was deleted meanwhile */
export function readBuild(paths: Paths, id: string): KeptBuild {
  const kept = readEdges(buildLogFile(paths, id));
  if (kept) return kept;
  throw new TsbuildError('OPTION_INVALID', `the log of the build ${id} cannot be read`, {
    hint: 'tsbuild builds lists those that are kept',
  });
}

/** Line by line. */
export async function* readBuildEvents(paths: Paths, id: string): AsyncGenerator<BuildEvent, void> {
  const input = createReadStream(buildLogFile(paths, id), 'utf8');
  const lines = createInterface({ input, crlfDelay: Infinity });
  try {
    for await (const text of lines) {
      const line = parseLine(text);
      if (line?.kind === 'event') yield line.event;
    }
  } finally {
    input.destroy();
  }
}

/** @param size in bytes of the log that was written last */
export function capBuildLogs(paths: Paths, size: number, { count, bytes }: KeptBounds = KEPT): void {
  const ids = keptIds(paths);
  let excess = ids.length - count;
  if (excess <= 0 && size <= SMALL) return;
  const sizes = size > SMALL ? ids.map((id) => sizeOf(buildLogFile(paths, id))) : [];
  let sum = sizes.reduce((a, b) => a + b, 0);
  // The last one stays, however large it is.
  for (const [i, id] of ids.slice(0, -1).entries()) {
    if (excess <= 0 && sum <= bytes) return;
    rmSync(join(paths.builds, `${id}.jsonl`), { force: true });
    removeKeptStep(paths, id);
    excess--;
    sum -= sizes[i] ?? 0;
  }
}

function sizeOf(file: string): number {
  return statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

/** Undefined for what is no log, or is gone. */
function readEdges(file: string): KeptBuild | undefined {
  let fd: number;
  try {
    fd = openSync(file, 'r');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === 'ENOENT') return undefined;
    throw error;
  }
  try {
    const { size } = fstatSync(fd);
    const first = parseLine(readAt(fd, 0).split('\n', 1)[0]!);
    if (first?.kind !== 'header') return undefined;
    const last = parseLine(
      readAt(fd, Math.max(0, size - EDGE))
        .trimEnd()
        .split('\n')
        .at(-1)!,
    );
    return { header: first.header, ...(last?.kind === 'end' && { end: last.end }) };
  } finally {
    closeSync(fd);
  }
}

function readAt(fd: number, position: number): string {
  const buffer = Buffer.alloc(EDGE);
  return buffer.toString('utf8', 0, readSync(fd, buffer, 0, EDGE, position));
}
