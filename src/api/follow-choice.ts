// Which streams of the caller are attached to a container, and how.
import type { ContainerConfig } from '../containers/container-record.js';
import { DEFAULT_KEYS } from '../containers/detach-keys.js';
import type { FollowChoice } from '../containers/run-container.js';
import { inputOf, outputOf } from '../standard-streams.js';
import type { AttachChoice, StreamOptions } from './attach-choice.js';

export function followChoiceOf(
  { isStdinOpen, isTerminal }: Pick<ContainerConfig, 'isStdinOpen' | 'isTerminal'>,
  { attach = ['stdin', 'stdout', 'stderr'], isSignalProxied = true, detachKeys = DEFAULT_KEYS }: AttachChoice,
  options: StreamOptions,
): FollowChoice {
  const stdout = outputOf(options);
  const { columns, rows } = stdout as NodeJS.WriteStream;
  return {
    streams: {
      ...(isStdinOpen && attach.includes('stdin') && { stdin: inputOf(options) ?? process.stdin }),
      ...(attach.includes('stdout') && { stdout }),
      ...(attach.includes('stderr') && {
        stderr: (options.stderr as NodeJS.WritableStream | undefined) ?? process.stderr,
      }),
    },
    ...(isTerminal && columns > 0 && { size: { columns, rows } }),
    isSignalProxied,
    ...(options.onSignalsProxied && { onSignalsProxied: options.onSignalsProxied }),
    detachKeys,
  };
}
