// Starts the worker in its namespaces and gives it its ids. The worker's own environment is empty: nothing of the front's can be read
// through it (users.md section 5.3, CVE-2021-3602).
import { spawn, type ChildProcess } from 'node:child_process';
import type { Socket } from 'node:net';
import { TsbuildError } from '../../core/errors.js';
import type { FromWorker, ToWorker } from '../worker/protocol.js';
import type { EntryPoints } from './entry-points.js';
import { errorOf } from './failure-message.js';
import { nodeCommand } from './node-command.js';
import type { Rung } from './rung.js';
import type { StepSettings } from './step-settings.js';

export interface WorkerProcess {
  /** Something for the user about how steps run. */
  readonly note: string | undefined;
  send(message: ToWorker): void;
  /** Messages after the start, until `onExit`. */
  onMessage(listener: (message: FromWorker) => void): void;
  /** Once; why the worker is gone. */
  onExit(listener: (reason: TsbuildError) => void): void;
  /** Ends the worker and waits until everything in its namespaces is gone. Idempotent. */
  stop(): Promise<void>;
  /** Lets the worker end by itself, and this process before it. */
  release(): void;
}

const MAX_COMPLAINT = 4096;

export interface WorkerOptions {
  readonly entryPoints: EntryPoints;
  readonly storeRoot: string;
  readonly settings: StepSettings;
  readonly signal: AbortSignal;
}

/** @throws TsbuildError SANDBOX_* when the host lacks something, ABORTED */
export async function startWorker(
  rung: Rung,
  { entryPoints, storeRoot, settings, signal }: WorkerOptions,
): Promise<WorkerProcess> {
  const [unshare, ...options] = rung.command();
  const node = nodeCommand(entryPoints.worker);
  const [program = process.execPath, ...args] = unshare === undefined ? node : [unshare, ...options, ...node];
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    // Its own session: an interrupt typed at the terminal is the front's to handle.
    detached: true,
    env: {},
    cwd: '/',
  });
  const exited = exitReason(child, rung);
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await exited;
  };
  const release = (): void => {
    if (child.connected) child.disconnect();
    child.unref();
    (child.stderr as Socket | null)?.unref();
  };
  const abort = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', abort);
  let note: string | undefined;
  try {
    const { supervisor } = entryPoints;
    note = await start(child, exited, rung, {
      kind: 'start',
      rung: rung.name,
      storeRoot,
      supervisor,
      settings,
      ...(unshare !== undefined && { unshare }),
    });
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    throw signal.aborted ? new TsbuildError('ABORTED', 'interrupted while the sandbox was starting') : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return {
    note,
    send: (message) => void child.send(message, () => {}),
    onMessage: (listener) => void child.on('message', (message) => listener(message as FromWorker)),
    onExit: (listener) => void exited.then(listener),
    stop,
    release,
  };
}

/** Why the worker ended. Not by the event `close`: Node never gives it after `disconnect`. */
function exitReason(child: ChildProcess, rung: Rung): Promise<TsbuildError> {
  let complaint = '';
  child.stderr?.on(
    'data',
    (data: Buffer) => (complaint = (complaint + data.toString()).slice(-MAX_COMPLAINT)),
  );
  const drained = new Promise<void>((resolve) => child.stderr?.once('close', resolve));
  return new Promise((resolve) => {
    child.once('exit', (code, by) => {
      // Killed before it could bind the worker's life to its own, unshare leaves the worker behind, which ends with its channel.
      if (by !== null && child.connected) child.disconnect();
      void drained.then(() => resolve(rung.explain(complaint, by ?? code)));
    });
    child.once('error', (cause) =>
      resolve(new TsbuildError('SANDBOX_FAILED', `cannot start the worker: ${cause.message}`, { cause })),
    );
  });
}

async function start(
  child: ChildProcess,
  exited: Promise<TsbuildError>,
  rung: Rung,
  message: ToWorker,
): Promise<string | undefined> {
  const next = (): Promise<FromWorker> =>
    Promise.race([
      new Promise<FromWorker>((resolve) =>
        child.once('message', (received) => resolve(received as FromWorker)),
      ),
      exited.then((reason) => Promise.reject(reason)),
    ]);
  await next();
  await rung.prepare(child.pid ?? -1);
  child.send(message);
  const answer = await next();
  if (answer.kind === 'start-failed') throw errorOf(answer.failure);
  return answer.kind === 'started' ? answer.note : undefined;
}
