// The lives of containers after they were created: start, stop, kill, restart, removal, attaching, commands in them.
import type { BuildOptions } from '../build-options.js';
import { TsbuildError } from '../core/errors.js';
import type { ContainerRequest } from '../containers/container-request.js';
import type { AttachChoice, RunResult, StreamOptions } from './run.js';

/** `container`: a name, or the beginning of an id that no other has. */
export interface ContainerChoice {
  readonly container: string;
}

export interface StartRequest extends ContainerChoice, AttachChoice {
  /** Follow it to its end. */
  readonly isAttached?: boolean;
  readonly isInteractive?: boolean;
}

export interface StopRequest extends ContainerChoice {
  /** Seconds until it is killed; -1: never. Default that of the container. */
  readonly timeout?: number;
  /** In the place of the container's own. */
  readonly signal?: string;
}

export interface KillRequest extends ContainerChoice {
  /** `KILL` by default; a name with or without SIG, or a number. */
  readonly signal?: string;
}

export interface RemoveRequest extends ContainerChoice {
  /** A running one is killed. */
  readonly isForced?: boolean;
  /** With its anonymous volumes. */
  readonly areVolumesRemoved?: boolean;
}

export interface ExecRequest extends ContainerChoice {
  readonly command: readonly string[];
  readonly isDetached?: boolean;
  readonly isInteractive?: boolean;
  readonly isTerminal?: boolean;
  readonly isPrivileged?: boolean;
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
  readonly detachKeys?: string;
}

export interface ExecResult {
  /** Absent for one that was detached. */
  readonly exitCode?: number;
}

export interface CreatedContainer {
  readonly id: string;
  readonly name: string;
}

export interface ContainerDone {
  readonly id: string;
  readonly name: string;
  /** False: it already was so. */
  readonly isChanged: boolean;
}

export async function createContainer(
  request: ContainerRequest,
  options: StreamOptions = {},
): Promise<CreatedContainer> {
  throw toCome(request, options);
}

export async function startContainer(
  request: StartRequest,
  options: StreamOptions = {},
): Promise<RunResult & { readonly isChanged: boolean }> {
  throw toCome(request, options);
}

export async function stopContainer(
  request: StopRequest,
  options: BuildOptions = {},
): Promise<ContainerDone> {
  throw toCome(request, options);
}

/** @throws TsbuildError CONTAINER_NOT_RUNNING */
export async function killContainer(
  request: KillRequest,
  options: BuildOptions = {},
): Promise<ContainerDone> {
  throw toCome(request, options);
}

export async function restartContainer(
  request: StopRequest,
  options: BuildOptions = {},
): Promise<ContainerDone> {
  throw toCome(request, options);
}

export async function removeContainer(
  request: RemoveRequest,
  options: BuildOptions = {},
): Promise<ContainerDone> {
  throw toCome(request, options);
}

/** Follows a running container to its end, as `run` in the foreground. */
export async function attachContainer(
  request: ContainerChoice & AttachChoice,
  options: StreamOptions = {},
): Promise<RunResult> {
  throw toCome(request, options);
}

export async function execInContainer(
  request: ExecRequest,
  options: StreamOptions = {},
): Promise<ExecResult> {
  throw toCome(request, options);
}

function toCome(...args: readonly unknown[]): TsbuildError {
  return new TsbuildError('INTERNAL', 'to come', { cause: args });
}
