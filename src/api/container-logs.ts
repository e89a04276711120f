// What a container has written.
import { filledText, flag, object, size, type Check } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { readRecord } from '../containers/container-files.js';
import { containersPaths, type ContainersPaths } from '../containers/container-paths.js';
import { containerView, viewOf } from '../containers/container-view.js';
import { lineStamper } from '../containers/logs/log-lines.js';
import { readLog } from '../containers/logs/read-log.js';
import { TsbuildError } from '../core/errors.js';
import { bootId } from '../host/boot-id.js';
import { onEngine } from './on-engine.js';

export interface ContainerLogsRequest {
  readonly container: string;
  /** Go on until the container has ended. */
  readonly isFollowing?: boolean;
  /** Only the last lines. */
  readonly tail?: number;
  /** Nanoseconds since 1970: what was written then or later, and then or earlier. */
  readonly since?: bigint;
  readonly until?: bigint;
  /** The time in front of each line. */
  readonly hasTimestamps?: boolean;
}

/** A piece of an output, with the time in nanoseconds since 1970. */
export interface LogChunk {
  readonly stream: 'stdout' | 'stderr';
  readonly time: bigint;
  readonly data: Uint8Array;
}

const time: Check = (value, name) => {
  if (typeof value !== 'bigint')
    throw new TsbuildError('OPTION_INVALID', `${name} must be nanoseconds since 1970, as a BigInt`);
};

const logsRequest = object(
  { container: filledText, isFollowing: flag, tail: size, since: time, until: time, hasTimestamps: flag },
  ['container'],
);

/**
 * Pieces of the outputs in their order. Ends with the log, and when `options.signal` is aborted.
 * @throws TsbuildError CONTAINER_NOT_FOUND, OPTION_INVALID, STORE_CORRUPT, STORE_*, ABORTED
 */
export async function containerLogs(
  request: ContainerLogsRequest,
  options: BuildOptions = {},
): Promise<AsyncIterable<LogChunk>> {
  logsRequest(request, 'request');
  return onEngine(options, async ({ engine: { store } }) => {
    const paths = containersPaths(store.paths);
    const { record } = containerView(paths, request.container);
    return logOf(paths, record.id, request, options.signal ?? new AbortController().signal);
  });
}

async function* logOf(
  paths: ContainersPaths,
  id: string,
  { isFollowing, tail, since, until, hasTimestamps }: ContainerLogsRequest,
  signal: AbortSignal,
): AsyncGenerator<LogChunk> {
  const { directory, log } = paths.of(id);
  const stamp = hasTimestamps ? lineStamper() : undefined;
  const reading = {
    signal,
    ...(tail !== undefined && { tail }),
    ...(isFollowing && { isOver: (end: bigint | undefined) => isOver(paths, id, end) }),
  };
  for await (const record of readLog({ directory, log }, reading)) {
    if (until !== undefined && record.time > until) return;
    if (since !== undefined && record.time < since) continue;
    yield stamp ? { ...record, data: stamp(record) } : record;
  }
}

/** A removed container writes no more, nor one that has ended and is not started again. */
function isOver(paths: ContainersPaths, id: string, end: bigint | undefined): boolean {
  const record = readRecord(paths, id);
  if (!record) return true;
  const { status, state } = viewOf(paths, record, bootId());
  if (status === 'exited' || status === 'created') return true;
  const isEndOfThisRun = end !== undefined && end / 1_000_000n >= BigInt(state?.startedAt ?? 0);
  return isEndOfThisRun && record.host.restart.name === 'no';
}
