// Runs an image: a container is created, started, and, in the foreground, followed to its end.
import type { BuildOptions } from '../build-options.js';
import { TsbuildError } from '../core/errors.js';
import type { ContainerRequest } from '../containers/container-request.js';

export type { ContainerRequest } from '../containers/container-request.js';

export interface RunRequest extends ContainerRequest, AttachChoice {
  /** Returns when it runs; nothing is attached. */
  readonly isDetached?: boolean;
}

export interface AttachChoice {
  /** What is attached in the foreground. By default the outputs, and the input of a container with an open one. */
  readonly attach?: readonly ('stdin' | 'stdout' | 'stderr')[];
  /** Signals of this process are sent on to PID 1. Default true; false with a terminal makes no difference. */
  readonly isSignalProxied?: boolean;
  /** `ctrl-p,ctrl-q` */
  readonly detachKeys?: string;
}

/** Where an attached container's streams lead. By default those of this process. */
export interface StreamOptions extends BuildOptions {
  readonly stderr?: NodeJS.WritableStream;
  /** Told of the id as soon as the container has one: for `--cidfile`. */
  readonly onCreated?: (id: string) => void;
}

export interface RunResult {
  readonly id: string;
  readonly name: string;
  /** Of the container's end; absent when it runs on: started detached, or left by the detach keys. */
  readonly exitCode?: number;
}

/**
 * @throws TsbuildError CONTAINER_* | IMAGE_NOT_FOUND | REGISTRY_* | SANDBOX_* | STORE_* | OPTION_INVALID | ABORTED; the
 * exit status that docker gives is `exitStatusOf` of the error: 125, or 126 and 127 for a command that cannot be
 * started
 */
export async function run(request: RunRequest, options: StreamOptions = {}): Promise<RunResult> {
  throw new TsbuildError('INTERNAL', `run ${request.image}: to come`, { cause: options });
}
