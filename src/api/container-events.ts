// What happens to containers: what has been written down, and what comes.
import { closeSync, openSync, readSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { mkdirSync } from 'node:fs';
import { filledText, flag, listOf, object, text, texts, type Check } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { containersPaths, type ContainersPaths } from '../containers/container-paths.js';
import { parseEventLine, type ContainerEvent } from '../containers/events/event-record.js';
import { concernsHealth, presentHealthEvents } from '../containers/events/health-events.js';
import { isShownEvent, type EventFilter } from '../containers/rules/filter-events.js';
import { watchFolder } from '../containers/watch-folder.js';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { settleAll } from '../containers/settle.js';
import { hostOf } from './host-of.js';
import { onEngine } from './on-engine.js';

export type { ContainerEvent } from '../containers/events/event-record.js';

export interface ContainerEventsRequest extends EventFilter {
  /** Go on with what comes, until `until` or an abort. Default true. */
  readonly isFollowing?: boolean;
}

const nanoseconds: Check = (value, name) => {
  if (typeof value !== 'bigint')
    throw new TsbuildError('OPTION_INVALID', `${name} must be nanoseconds since 1970, as a BigInt`);
};

const eventsRequest = object({
  containers: texts,
  actions: texts,
  types: texts,
  images: texts,
  labels: listOf(object({ key: filledText, value: text }, ['key'])),
  since: nanoseconds,
  until: nanoseconds,
  isFollowing: flag,
});

/**
 * In their order. Without `since` only what happens from now on.
 * @throws TsbuildError OPTION_INVALID, STORE_*, ABORTED
 */
export async function containerEvents(
  request: ContainerEventsRequest = {},
  options: BuildOptions = {},
): Promise<AsyncIterable<ContainerEvent>> {
  eventsRequest(request, 'request');
  return onEngine(options, async (open) => {
    const { engine } = open;
    const paths = containersPaths(engine.store.paths);
    mkdirSync(dirname(paths.events), { recursive: true, mode: 0o700 });
    const since = request.since ?? BigInt(Math.round(engine.now() * 1e9));
    // Ends that nobody noticed.
    await settleAll(hostOf(open));
    const signal = options.signal ?? new AbortController().signal;
    return eventsOf(paths, { ...request, since }, { signal, now: engine.now });
  });
}

interface Following {
  readonly signal: AbortSignal;
  /** Seconds since 1970. */
  readonly now: () => number;
}

async function* eventsOf(
  paths: ContainersPaths,
  filter: ContainerEventsRequest,
  { signal, now }: Following,
): AsyncGenerator<ContainerEvent> {
  const { events: path } = paths;
  const shown = showing(paths, filter);
  const changes = watchFolder(dirname(path));
  const isPast = () => filter.until !== undefined && BigInt(Math.round(now() * 1e9)) > filter.until;
  let place = { inode: inodeOf(path), offset: 0 };
  try {
    let lines = readLines(`${path}.1`, 0).lines;
    while (!signal.aborted) {
      const isLast = filter.isFollowing === false || isPast();
      const inode = inodeOf(path);
      if (inode !== place.inode) {
        lines = [...lines, ...readLines(`${path}.1`, place.offset).lines];
        place = { inode, offset: 0 };
      }
      const read = readLines(path, place.offset);
      place = { ...place, offset: read.next };
      yield* shown([...lines, ...read.lines]);
      if (isLast) return;
      lines = [];
      await changes.next(signal);
    }
  } finally {
    changes.close();
  }
}

/**
 * What of further lines is shown, with what came of health checks meanwhile, by their times. An event of health is
 * found twice: while its run lasts, and in the lines when that was finished.
 */
function showing(
  paths: ContainersPaths,
  filter: EventFilter,
): (lines: readonly string[]) => readonly ContainerEvent[] {
  const last = new Map<string, number>();
  const isNew = ({ Action, Actor, timeNano }: ContainerEvent): boolean => {
    if (!concernsHealth([Action])) return true;
    if (timeNano <= (last.get(Actor.ID) ?? 0)) return false;
    last.set(Actor.ID, timeNano);
    return true;
  };
  return (lines) => {
    const present = concernsHealth(filter.actions) ? presentHealthEvents(paths) : [];
    return [...lines.flatMap((line) => parseEventLine(line) ?? []), ...present]
      .sort((a, b) => a.timeNano - b.timeNano)
      .filter((event) => isNew(event) && isShownEvent(event, filter));
  };
}

/** Whole lines from there on, and where the next one begins. The file is a few megabytes at most. */
function readLines(
  path: string,
  offset: number,
): { readonly lines: readonly string[]; readonly next: number } {
  let fd: number;
  try {
    fd = openSync(path, 'r');
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return { lines: [], next: offset };
    throw error;
  }
  try {
    const bytes = Buffer.alloc(Math.max(0, statSync(path).size - offset));
    const text = bytes.subarray(0, readSync(fd, bytes, 0, bytes.length, offset));
    const end = text.lastIndexOf('\n') + 1;
    return { lines: text.toString('utf8', 0, end).split('\n').slice(0, -1), next: offset + end };
  } finally {
    closeSync(fd);
  }
}

function inodeOf(path: string): number | undefined {
  return statSync(path, { throwIfNoEntry: false })?.ino;
}
