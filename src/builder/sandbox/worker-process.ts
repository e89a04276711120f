// Starts the worker in its namespaces and gives it its ids. The worker's own environment is empty: nothing of the front's can be read
// through it (users.md section 5.3, CVE-2021-3602).
import { spawn, type ChildProcess } from 'node:child_process';
import { accessSync, constants, readFileSync } from 'node:fs';
import { delimiter, join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import type { FromWorker, ToWorker } from '../worker/protocol.js';
import type { EntryPoints } from './entry-points.js';
import { writeIdMaps } from './id-maps.js';
import { errorOf } from './launcher-protocol.js';

export interface WorkerProcess {
  send(message: ToWorker): void;
  /** Messages after the start, until `onExit`. */
  onMessage(listener: (message: FromWorker) => void): void;
  /** Once; why the worker is gone. */
  onExit(listener: (reason: TsbuildError) => void): void;
  /** Ends the worker and waits until everything in its namespaces is gone. Idempotent. */
  stop(): Promise<void>;
}

const MAX_COMPLAINT = 4096;
const NAMESPACES = ['--user', '--keep-caps', '--mount', '--pid', '--fork', '--kill-child'];

/** @throws TsbuildError SANDBOX_* when the host lacks something, ABORTED */
export async function startWorker(
  entryPoints: EntryPoints,
  storeRoot: string,
  signal: AbortSignal,
): Promise<WorkerProcess> {
  const unshare = findUnshare();
  const child = spawn(unshare, [...NAMESPACES, '--', process.execPath, entryPoints.worker], {
    stdio: ['ignore', 'ignore', 'pipe', 'ipc'],
    serialization: 'advanced',
    // Its own session: an interrupt typed at the terminal is the front's to handle.
    detached: true,
    env: {},
    cwd: '/',
  });
  const exited = exitReason(child);
  const stop = async (): Promise<void> => {
    if (child.connected) child.disconnect();
    await exited;
  };
  const abort = (): void => void child.kill('SIGKILL');
  signal.addEventListener('abort', abort);
  try {
    await start(child, exited, { kind: 'start', storeRoot, launcher: entryPoints.launcher, unshare });
  } catch (error) {
    child.kill('SIGKILL');
    await exited;
    throw signal.aborted ? new TsbuildError('ABORTED', 'interrupted while the sandbox was starting') : error;
  } finally {
    signal.removeEventListener('abort', abort);
  }
  return {
    send: (message) => void child.send(message, () => {}),
    onMessage: (listener) => void child.on('message', (message) => listener(message as FromWorker)),
    onExit: (listener) => void exited.then(listener),
    stop,
  };
}

/** Why the worker ended. Not by the event `close`: Node never gives it after `disconnect`. */
function exitReason(child: ChildProcess): Promise<TsbuildError> {
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
      void drained.then(() => resolve(namespaceError(complaint, by ?? code)));
    });
    child.once('error', (cause) =>
      resolve(new TsbuildError('SANDBOX_NO_UNSHARE', `cannot run unshare: ${cause.message}`, { cause })),
    );
  });
}

async function start(child: ChildProcess, exited: Promise<TsbuildError>, message: ToWorker): Promise<void> {
  const next = (): Promise<FromWorker> =>
    Promise.race([
      new Promise<FromWorker>((resolve) =>
        child.once('message', (received) => resolve(received as FromWorker)),
      ),
      exited.then((reason) => Promise.reject(reason)),
    ]);
  await next();
  await writeIdMaps(child.pid ?? -1);
  child.send(message);
  const answer = await next();
  if (answer.kind === 'start-failed') throw errorOf(answer.failure);
}

function findUnshare(): string {
  const folders = [...(process.env['PATH'] ?? '').split(delimiter), '/usr/bin', '/bin'].filter((folder) =>
    folder.startsWith('/'),
  );
  const found = folders.map((folder) => join(folder, 'unshare')).find(isExecutable);
  if (found) return found;
  throw new TsbuildError('SANDBOX_NO_UNSHARE', 'unshare of util-linux is not installed, which RUN needs', {
    hint: 'sudo apt-get install util-linux',
  });
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Absence is a value here.
    return false;
  }
}

/** What the words of unshare(1) mean, and the one command that helps. */
function namespaceError(complaint: string, status: number | string | null): TsbuildError {
  const text = complaint.trim();
  if (/unrecognized option|invalid option/.test(text)) {
    return new TsbuildError('SANDBOX_NO_UNSHARE', `unshare is too old or not that of util-linux: ${text}`, {
      hint: 'install util-linux 2.36 or newer',
    });
  }
  if (/unshare failed|fork failed/.test(text)) {
    return new TsbuildError('SANDBOX_NO_USERNS', `this host does not allow user namespaces: ${text}`, {
      hint: unlockCommand(),
    });
  }
  return new TsbuildError(
    'SANDBOX_FAILED',
    `the sandbox worker ended unexpectedly (${status})${text ? `: ${text}` : ''}`,
  );
}

function unlockCommand(): string {
  const isSet = (path: string, value: string): boolean => {
    try {
      return readFileSync(path, 'utf8').trim() === value;
    } catch {
      // A kernel without that switch.
      return false;
    }
  };
  if (isSet('/proc/sys/kernel/apparmor_restrict_unprivileged_userns', '1'))
    return 'sudo sysctl -w kernel.apparmor_restrict_unprivileged_userns=0';
  if (isSet('/proc/sys/kernel/unprivileged_userns_clone', '0'))
    return 'sudo sysctl -w kernel.unprivileged_userns_clone=1';
  if (isSet('/proc/sys/user/max_user_namespaces', '0'))
    return 'sudo sysctl -w user.max_user_namespaces=28633';
  return 'in a container, allow unshare and mount: docker run --security-opt seccomp=unconfined --security-opt apparmor=unconfined --security-opt systempaths=unconfined';
}
