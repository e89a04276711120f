// Starts the worker in its namespaces and gives it its ids. The worker's own environment is empty: nothing of the
// front's can be read through it (CVE-2021-3602).
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../../core/errors.js';
import { CHANNEL, type BeginMessage, type FromWorker, type ToWorker, type WorkerWords } from '../protocol.js';
import type { EntryPoints } from './entry-points.js';
import { errorOf } from '../../host/failure-message.js';
import { encodeFrame, frameDecoder } from '../../core/frames.js';
import { userFormFolder } from '../../host/compiled-form.js';
import { lastWords } from '../../host/last-words.js';
import { nodeCommand } from '../../host/node-command.js';
import type { Rung } from './rung.js';
import type { SandboxSettings } from '../../sandbox/sandbox-settings.js';
import type { ContainerGround } from '../containers/container-process.js';

export interface WorkerProcess extends WorkerWords {
  send(message: ToWorker): void;
  /** Messages after the start, until `onExit`. */
  onMessage(listener: (message: FromWorker) => void): void;
  /** Once; why the worker is gone. */
  onExit(listener: (reason: TsbuildError) => void): void;
  /**
   * Ends the worker and waits until everything in its namespaces is gone. One that does not end by itself is killed.
   * Idempotent.
   * @throws TsbuildError SANDBOX_FAILED when it does not end even then
   */
  stop(): Promise<void>;
  /** Lets the worker end by itself, and this process before it. */
  release(): void;
}

/** In milliseconds. */
export interface WorkerLimits {
  /** Without a word at its start. */
  readonly silence: number;
  /** From the end of its channel to its own; the same again from its being killed. */
  readonly end: number;
}

/** What a machine keeps that has much else to do. */
const LIMITS: WorkerLimits = { silence: 60_000, end: 60_000 };

export interface WorkerOptions {
  readonly entryPoints: EntryPoints;
  readonly storeRoot: string;
  /** The file of the store in which the build says what it uses. */
  readonly lease?: string | undefined;
  readonly settings: SandboxSettings;
  readonly signal: AbortSignal;
  readonly limits?: WorkerLimits | undefined;
  /** Of a worker for one container. */
  readonly container?: ContainerGround | undefined;
}

/** @throws TsbuildError SANDBOX_* when the host lacks something, ABORTED */
export async function startWorker(
  rung: Rung,
  { entryPoints, storeRoot, lease, settings, signal, limits = LIMITS, container }: WorkerOptions,
): Promise<WorkerProcess> {
  if (signal.aborted) throw interrupted();
  const [unshare, ...options] = rung.command();
  const formFolder = userFormFolder(process.env);
  const node = nodeCommand(entryPoints.worker, formFolder === undefined ? [] : [formFolder]);
  const [program = process.execPath, ...args] = unshare === undefined ? node : [unshare, ...options, ...node];
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe'],
    // Its own session: an interrupt typed at the terminal is the front's to handle.
    detached: true,
    env: {},
    cwd: '/',
  });
  const channel = openChannel(child);
  const exited = exitReason(child, rung, channel);
  const stop = async (): Promise<void> => {
    channel.close();
    if (await isOver(exited, limits.end)) return;
    child.kill('SIGKILL');
    if (!(await isOver(exited, limits.end))) throw unending();
  };
  const release = (): void => {
    channel.close();
    child.unref();
    (child.stderr as Socket | null)?.unref();
  };
  const abort = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', abort);
  let words: WorkerWords;
  try {
    const { supervisor } = entryPoints;
    words = await begin(
      { channel, exited, rung, pid: child.pid ?? -1, silence: limits.silence },
      {
        kind: 'begin',
        rung: rung.name,
        storeRoot,
        ...(lease !== undefined && { lease }),
        supervisor,
        settings,
        ...(unshare !== undefined && { unshare }),
        ...(container && { container }),
      },
    );
  } catch (error) {
    child.kill('SIGKILL');
    // What keeps it from ending is not what it is to be blamed for.
    await isOver(exited, limits.end);
    throw signal.aborted ? interrupted() : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return {
    ...words,
    send: channel.send,
    onMessage: channel.onMessage,
    onExit: (listener) => void exited.then(listener),
    stop,
    release,
  };
}

function interrupted(): TsbuildError {
  return new TsbuildError('ABORTED', 'interrupted while the sandbox was starting');
}

/** The front's end of the socket pair. */
interface Channel {
  /** Nothing when it is closed: `exited` tells who waits for an answer. */
  send(message: ToWorker): void;
  /** The one that is called from now on. Messages wait for the first. */
  onMessage(listener: (message: FromWorker) => void): void;
  /** With it the worker ends. Idempotent. */
  close(): void;
}

function openChannel(child: ChildProcess): Channel {
  // Without descriptors left there is no child and no stream; the error of the child tells.
  const socket = (child.stdio as ChildProcess['stdio'] | undefined)?.[CHANNEL] as Socket | null | undefined;
  const early: FromWorker[] = [];
  let take: (message: FromWorker) => unknown = (message) => early.push(message);
  socket?.on(
    'data',
    frameDecoder<FromWorker>((message) => take(message)),
  );
  // The worker is gone, and its exit tells more.
  socket?.on('error', () => {});
  return {
    send(message) {
      if (socket?.destroyed === false) socket.write(encodeFrame(message));
    },
    onMessage(listener) {
      take = listener;
      early.splice(0).forEach(listener);
    },
    close: () => void socket?.destroy(),
  };
}

/**
 * Why the worker ended. By `exit` and not by `close`, which waits for other processes that have the other end of the
 * channel.
 */
function exitReason(child: ChildProcess, rung: Rung, channel: Channel): Promise<TsbuildError> {
  const complaint = lastWords(child.stderr);
  const drained = new Promise<void>((resolve) => child.stderr?.once('close', resolve));
  return new Promise((resolve) => {
    child.once('exit', (code, by) => {
      // Killed before it could bind the worker's life to its own, unshare leaves the worker behind, which ends with its
      // channel.
      if (by !== null) channel.close();
      void drained.then(() => resolve(rung.explain(complaint(), by ?? code)));
    });
    child.once('error', (cause) =>
      resolve(new TsbuildError('SANDBOX_FAILED', `cannot start the worker: ${cause.message}`, { cause })),
    );
  });
}

interface Starting {
  readonly channel: Channel;
  readonly exited: Promise<TsbuildError>;
  readonly rung: Rung;
  readonly pid: number;
  readonly silence: number;
}

async function begin(
  { channel, exited, rung, pid, silence }: Starting,
  message: BeginMessage,
): Promise<WorkerWords> {
  const next = (): Promise<FromWorker> =>
    withinTime(
      Promise.race([
        new Promise<FromWorker>((resolve) => channel.onMessage(resolve)),
        exited.then((reason) => Promise.reject(reason)),
      ]),
      silence,
    );
  await next();
  await rung.prepare(pid);
  channel.send(message);
  const answer = await next();
  if (answer.kind === 'not-ready') throw errorOf(answer.failure);
  return answer.kind === 'ready' ? answer.words : {};
}

/** @throws TsbuildError SANDBOX_FAILED after that many milliseconds */
async function withinTime<Result>(waiting: Promise<Result>, limit: number): Promise<Result> {
  const timer = new AbortController();
  const late = async (): Promise<never> => {
    await sleep(limit, undefined, { signal: timer.signal, ref: false });
    throw new TsbuildError(
      'SANDBOX_FAILED',
      `the sandbox worker gave no answer within ${limit / 1000} seconds`,
      {
        hint: 'if this machine has much to do, try again; else report it: something of this host stops the worker',
      },
    );
  };
  try {
    return await Promise.race([waiting, late()]);
  } finally {
    timer.abort();
  }
}

/** False after that many milliseconds. */
async function isOver(ending: Promise<unknown>, limit: number): Promise<boolean> {
  const timer = new AbortController();
  const late = sleep(limit, false, { signal: timer.signal }).catch(() => false);
  try {
    return await Promise.race([ending.then(() => true), late]);
  } finally {
    timer.abort();
  }
}

function unending(): TsbuildError {
  return new TsbuildError('SANDBOX_FAILED', 'the sandbox worker does not end, although it was killed', {
    hint: 'something of it waits in the kernel, as for a file system of the network that does not answer',
  });
}
