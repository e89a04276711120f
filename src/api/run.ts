// Runs an image: a container is created, started, and, in the foreground, followed to its end.
import { TsbuildError } from '../core/errors.js';
import { noteFailedStart } from '../containers/failed-start.js';
import { startAndFollow } from '../containers/run-container.js';
import { monitoredState } from '../containers/running-state.js';
import { startContainer } from '../containers/start-container.js';
import { inputOf } from '../standard-streams.js';
import type { StreamOptions } from './attach-choice.js';
import type { RunRequest } from './life-requests.js';
import { makeContainer } from './make-container.js';
import { followChoiceOf } from './follow-choice.js';
import { hostOf } from './host-of.js';
import { onEngine } from './on-engine.js';
import { runRequest } from './request-checks.js';

export type { ContainerRequest } from '../containers/container-request.js';
export type { AttachChoice, StreamOptions } from './attach-choice.js';

export interface RunResult {
  readonly id: string;
  readonly name: string;
  /** Of the container's end; absent when it runs on: started detached, or left by the detach keys. */
  readonly exitCode?: number;
}

/**
 * @throws TsbuildError CONTAINER_* | IMAGE_NOT_FOUND | REGISTRY_* | SANDBOX_* | STORE_* | OPTION_INVALID | ABORTED; the
 * exit status that docker gives is the `exitCode` of the error, 126 or 127, for a command that cannot be started, else
 * 125
 */
export async function run(request: RunRequest, options: StreamOptions = {}): Promise<RunResult> {
  runRequest(request, 'request');
  refuseUnfitTerminal(request, options);
  return onEngine(options, async (open) => {
    const host = hostOf(open);
    const record = await makeContainer(open, request, options);
    const { id, name } = record;
    try {
      if (request.isDetached) {
        await startContainer(host, record, { isFollowed: false, restartCount: 0 });
        return { id, name };
      }
      const exitCode = await startAndFollow(host, record, followChoiceOf(record.config, request, options));
      return { id, name, ...(exitCode !== undefined && { exitCode }) };
    } catch (error) {
      // It was left, and runs on.
      if (monitoredState(host.paths.of(id))) throw error;
      if (request.isRemovedAtEnd) {
        const { removeContainer } = await import('../containers/remove-files.js');
        await removeContainer(host, record, { areVolumesRemoved: true });
      } else noteFailedStart(host, record, error);
      throw error;
    }
  });
}

/** Of docker's client. */
function refuseUnfitTerminal(
  { isTerminal, isInteractive, isDetached }: RunRequest,
  options: StreamOptions,
): void {
  if (!isTerminal || !isInteractive || isDetached) return;
  const stdin = inputOf(options) ?? process.stdin;
  if ((stdin as NodeJS.ReadStream).isTTY) return;
  throw new TsbuildError(
    'OPTION_INVALID',
    'cannot attach stdin to a TTY-enabled container because stdin is not a terminal',
    { hint: 'leave -t out, or run it in a terminal' },
  );
}
