// The lives of containers after they were created: start, stop, kill, restart, removal, attaching, commands in them.
import type { BuildOptions } from '../build-options.js';
import { TsbuildError } from '../core/errors.js';
import { findDamaged, readRecord, requireContainer } from '../containers/container-files.js';
import type { ContainerHost } from '../containers/container-host.js';
import type { ContainerRecord } from '../containers/container-record.js';
import { killRun, stopRun } from '../containers/end-container.js';
import { startAndFollow } from '../containers/run-container.js';
import { monitoredState } from '../containers/running-state.js';
import { isToBeRestarted, settle } from '../containers/settle.js';
import { startContainer as startRun } from '../containers/start-container.js';
import { makeContainer } from './make-container.js';
import { followChoiceOf } from './follow-choice.js';
import { hostOf } from './host-of.js';
import { onEngine } from './on-engine.js';
import type { ContainerRequest } from '../containers/container-request.js';
import type { AttachChoice, RunResult, StreamOptions } from './run.js';
import type {
  ContainerChoice,
  ExecRequest,
  KillRequest,
  RemoveRequest,
  StartRequest,
  StopRequest,
} from './life-requests.js';
import {
  attachRequest,
  containerRequest,
  execRequest,
  killRequest,
  removeRequest,
  startRequest,
  stopRequest,
} from './request-checks.js';

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
  containerRequest(request, 'request');
  return onEngine(options, async (open) => {
    const { id, name } = await makeContainer(open, request, options);
    return { id, name };
  });
}

/** Runs a container that has ended, or never ran. @throws TsbuildError CONTAINER_* | SANDBOX_* | STORE_* | ABORTED */
export async function startContainer(
  request: StartRequest,
  options: StreamOptions = {},
): Promise<RunResult & { readonly isChanged: boolean }> {
  startRequest(request, 'request');
  return onHost(options, request, async (host, record) => {
    const { id, name, config } = record;
    if (monitoredState(host.paths.of(id))) return { id, name, isChanged: false };
    await settle(host, id, { isKept: true });
    requireContainer(host.paths, id);
    if (!request.isAttached) {
      await startRun(host, record, { isFollowed: false, restartCount: 0 });
      return { id, name, isChanged: true };
    }
    const attached = { ...config, isStdinOpen: config.isStdinOpen && request.isInteractive === true };
    const exitCode = await startAndFollow(host, record, followChoiceOf(attached, request, options));
    return { id, name, isChanged: true, ...(exitCode !== undefined && { exitCode }) };
  });
}

/** Resolves when it has ended. @throws TsbuildError CONTAINER_NOT_FOUND | OPTION_INVALID | ABORTED */
export async function stopContainer(
  request: StopRequest,
  options: BuildOptions = {},
): Promise<ContainerDone> {
  stopRequest(request, 'request');
  return onHost(options, request, async (host, record) => {
    const isChanged = await stopRun(host, record, request);
    return { id: record.id, name: record.name, isChanged };
  });
}

/** @throws TsbuildError CONTAINER_NOT_FOUND | CONTAINER_NOT_RUNNING | OPTION_INVALID */
export async function killContainer(
  request: KillRequest,
  options: BuildOptions = {},
): Promise<ContainerDone> {
  killRequest(request, 'request');
  return onHost(options, request, async (host, record) => {
    await killRun(host, record, request.signal ?? 'KILL');
    return { id: record.id, name: record.name, isChanged: true };
  });
}

export async function restartContainer(
  request: StopRequest,
  options: BuildOptions = {},
): Promise<ContainerDone> {
  stopRequest(request, 'request');
  return onHost(options, request, async (host, record) => {
    await stopRun(host, record, request);
    await startRun(host, record, { isFollowed: false, restartCount: 0 });
    return { id: record.id, name: record.name, isChanged: true };
  });
}

/** It starts processes, whose module of Node the other functions do not need. */
const removal = () => import('../containers/remove-files.js');

/** @throws TsbuildError CONTAINER_NOT_FOUND | CONTAINER_RUNNING | STORE_* | ABORTED */
export async function removeContainer(
  request: RemoveRequest,
  options: BuildOptions = {},
): Promise<ContainerDone> {
  removeRequest(request, 'request');
  return onEngine(options, async (open) => {
    const host = hostOf(open);
    const { container, isForced = false } = request;
    const damaged = isForced ? findDamaged(host.paths, container) : undefined;
    if (damaged === undefined) return removeSound(host, requireContainer(host.paths, container), request);
    await (await removal()).removeDamaged(host, damaged);
    return { id: damaged, name: container, isChanged: true };
  });
}

async function removeSound(
  host: ContainerHost,
  record: ContainerRecord,
  { isForced = false, areVolumesRemoved = false }: RemoveRequest,
): Promise<ContainerDone> {
  const { id, name } = record;
  if (monitoredState(host.paths.of(id))) {
    const kind = isToBeRestarted(host.paths.of(id)) ? 'restarting' : 'running';
    if (!isForced)
      throw new TsbuildError(
        'CONTAINER_RUNNING',
        `You cannot remove a ${kind} container ${id}. Stop the container before attempting removal or force remove`,
        { hint: `tsbuild rm -f ${name}` },
      );
    await stopRun(host, record, { timeout: 0, signal: 'KILL' });
  }
  await settle(host, id, { isKept: true });
  if (readRecord(host.paths, id))
    await (await removal()).removeContainer(host, record, { areVolumesRemoved });
  return { id, name, isChanged: true };
}

/** Follows a running container to its end, as `run` in the foreground. */
export async function attachContainer(
  request: ContainerChoice & AttachChoice,
  options: StreamOptions = {},
): Promise<RunResult> {
  attachRequest(request, 'request');
  return onHost(options, request, async (host, record) => {
    const { attachToRun } = await import('../containers/attach-container.js');
    const choice = followChoiceOf(record.config, request, options);
    const exitCode = await attachToRun(host, record, choice);
    return { id: record.id, name: record.name, ...(exitCode !== undefined && { exitCode }) };
  });
}

/** @throws TsbuildError CONTAINER_NOT_RUNNING | CONTAINER_NOT_STARTED | SANDBOX_* */
export async function execInContainer(
  request: ExecRequest,
  options: StreamOptions = {},
): Promise<ExecResult> {
  execRequest(request, 'request');
  return onHost(options, request, async (host, record) => {
    const { execInRun } = await import('../containers/exec-container.js');
    const { isInteractive = false, isTerminal = false, detachKeys } = request;
    const choice = followChoiceOf(
      { isStdinOpen: isInteractive, isTerminal },
      detachKeys === undefined ? {} : { detachKeys },
      options,
    );
    const exitCode = await execInRun(host, record, request, choice);
    return exitCode === undefined ? {} : { exitCode };
  });
}

function onHost<T>(
  options: BuildOptions,
  { container }: ContainerChoice,
  work: (host: ContainerHost, record: ContainerRecord) => Promise<T>,
): Promise<T> {
  return onEngine(options, (open) => {
    const host = hostOf(open);
    return work(host, requireContainer(host.paths, container));
  });
}
