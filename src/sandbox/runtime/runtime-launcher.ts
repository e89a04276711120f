// Executes commands by an OCI runtime instead of tsbuild's launcher. A bundle carries the same order.
import { spawn, type ChildProcess } from 'node:child_process';
import { existsSync, mkdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../../core/errors.js';
import type { ControlGroup } from '../cgroup/control-groups.js';
import type { NetworkTool } from '../network/network-tool.js';
import type { Ownership } from '../../rootfs/ownership.js';
import { createBundle, type Bundle } from './bundle.js';
import type { Hall } from '../../rootfs/hall.js';
import { holdNamespaces, type NamespaceHolder } from './namespace-holder.js';
import { globalOptions, type OciRuntime } from './oci-runtime.js';
import { lastError, startFailure } from './runtime-log.js';
import { encodeSpec, runtimeSpec, type SpecNamespaces } from './runtime-spec.js';
import type { LaunchOrder } from '../launch-order.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { signalIfThere } from '../../host/signal-if-there.js';
import { openPipes, type Pipes } from '../launcher/process-streams.js';
import {
  interrupted,
  type CommandExit,
  type LaunchedProcess,
  type LaunchIo,
  type StartProcess,
} from '../launcher/start-process.js';

export interface RuntimeOptions {
  readonly runtime: OciRuntime;
  readonly unshare: string;
  readonly ownership: Ownership;
  readonly network: NetworkTool | undefined;
  readonly hall: Hall;
}

const ID = 'command';

/**
 * Resolves when the runtime has made the process of the command. If the command cannot be executed, `ended` rejects.
 */
export function runtimeLauncher(calls: SystemCalls, options: RuntimeOptions): StartProcess {
  return async (order, io) => {
    refuseTerminal(options.runtime, order);
    if (io.signal.aborted) throw interrupted();
    const { unshare, ownership, network: tool, hall } = options;
    const holder =
      order.network === 'private' && tool
        ? await holdNamespaces(calls, unshare, { tool, ownership })
        : undefined;
    try {
      const bundle = createBundle(calls, ownership, order, hall.makeRoom());
      try {
        bundle.writeConfig(configOf(order, bundle, namespacesFor(holder, ownership)));
        return await startBundle(calls, options, { order, bundle, io, close: () => holder?.close() });
      } catch (error) {
        bundle.remove();
        throw error;
      }
    } catch (error) {
      holder?.close();
      throw error;
    }
  };
}

/** A runtime hands the terminal over a socket that it connects to (--console-socket), which nothing here listens at. */
function refuseTerminal({ name }: OciRuntime, { terminal }: LaunchOrder): void {
  if (!terminal) return;
  throw new TsbuildError('SANDBOX_UNSUPPORTED', `--runtime ${name} cannot give a process a terminal`, {
    hint: 'leave --runtime out',
  });
}

function namespacesFor(holder: NamespaceHolder | undefined, ownership: Ownership): SpecNamespaces {
  return { map: ownership.map, joined: holder?.pid };
}

function configOf(
  order: LaunchOrder,
  { rootfs, sourceOf, modeOf }: Bundle,
  namespaces: SpecNamespaces,
): string {
  const machine = process.arch === 'arm64' ? 'arm64' : 'x64';
  return encodeSpec(runtimeSpec(order, { rootfs, sourceOf, modeOf, namespaces, machine }));
}

interface Starting {
  readonly order: LaunchOrder;
  readonly bundle: Bundle;
  readonly io: LaunchIo;
  /** Ends what the process has beside itself. */
  readonly close: () => void;
}

async function startBundle(
  calls: SystemCalls,
  { runtime, ownership }: RuntimeOptions,
  { order, bundle, io, close }: Starting,
): Promise<LaunchedProcess> {
  const at = (name: string): string => join(bundle.directory, name);
  mkdirSync(at('state'), { mode: 0o700 });
  const places = { state: at('state'), log: at('log'), pid: at('pid') };
  const owner = { uid: ownership.idOnDisk(order.uid), gid: ownership.idOnDisk(order.gid) };
  const pipes = openPipes(calls, { hasInput: order.stdin === 'stream', owner });
  let child: ChildProcess;
  try {
    child = startRuntime(runtime, bundle, { pipes, places, io });
  } catch (error) {
    pipes.close();
    throw error;
  }
  pipes.handOver();
  const exited = exitOf(child, runtime);
  const drained = pipes.drain(io.onOutput);
  const kill = (): void => {
    child.kill('SIGKILL');
    signalCommand(places.pid, 'SIGKILL');
  };
  io.signal.addEventListener('abort', kill);
  if (io.signal.aborted) kill();
  const end = async (): Promise<CommandExit> => {
    const code = await exited;
    // A runtime that was killed before its command leaves that behind.
    if (io.signal.aborted) kill();
    await drained;
    if (io.signal.aborted) throw interrupted();
    const complaint = existsSync(places.log) ? lastError(readFileSync(places.log, 'utf8')) : undefined;
    if (code !== 0 && complaint !== undefined) throw startFailure(runtime, complaint, order.argv[0] ?? '');
    return { code, signal: null, stubs: bundle.stubs };
  };
  const ended = end().finally(() => {
    io.signal.removeEventListener('abort', kill);
    pipes.close();
  });
  await Promise.race([ended, untilThere(places.pid, ended)]);
  // Afterwards its process id may belong to another process.
  let hasExited = false;
  void exited.then(() => (hasExited = true));
  return {
    input: pipes.input,
    kill(signal) {
      if (!hasExited) signalCommand(places.pid, signal);
    },
    ended: ended.finally(() => {
      bundle.remove();
      close();
    }),
  };
}

const POLL_MS = 5;

/** Resolves when there is such a file, or when `ended` has settled. */
async function untilThere(path: string, ended: Promise<unknown>): Promise<void> {
  const over = new AbortController();
  const end = (): void => over.abort();
  ended.then(end, end);
  while (!over.signal.aborted && !existsSync(path)) await sleep(POLL_MS);
}

interface RuntimePlaces {
  readonly state: string;
  readonly log: string;
  readonly pid: string;
}

interface StartOptions {
  readonly pipes: Pipes;
  readonly places: RuntimePlaces;
  readonly io: LaunchIo;
}

function startRuntime(
  runtime: OciRuntime,
  { directory }: Bundle,
  { pipes: { ends }, places, io: { group } }: StartOptions,
): ChildProcess {
  const args = [
    ...globalOptions(runtime, places),
    'run',
    '--bundle',
    directory,
    '--pid-file',
    places.pid,
    ID,
  ];
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
  const { input } = ends;
  if (!group) return spawn(runtime.program, args, { stdio: [input ?? 'ignore', ...ends.outputs], env });
  // It must be in the control group before it has children.
  const wait = `read -r go && exec "$@" ${input === undefined ? '</dev/null' : '<&3 3<&-'}`;
  const child = spawn('/bin/sh', ['-c', wait, 'sh', runtime.program, ...args], {
    stdio: ['pipe', ...ends.outputs, ...(input === undefined ? [] : [input])],
    env,
  });
  releaseIntoGroup(child, group);
  return child;
}

/** Does nothing as long as there is no process. */
function signalCommand(pidFile: string, signal: NodeJS.Signals): void {
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  if (Number.isSafeInteger(pid) && pid > 1) signalIfThere(pid, signal);
}

function exitOf(child: ChildProcess, { name, program }: OciRuntime): Promise<number> {
  return new Promise((resolve, reject) => {
    child.once('exit', (code) => resolve(code ?? 1));
    child.once('error', (cause) =>
      reject(
        new TsbuildError('SANDBOX_NO_RUNTIME', `cannot start ${name} (${program}): ${cause.message}`, {
          cause,
        }),
      ),
    );
  });
}

interface WaitingProgram {
  readonly pid?: number | undefined;
  readonly stdin: { end(line: string): unknown } | null;
  kill(signal: 'SIGKILL'): unknown;
}

/**
 * Lets go of a program that waits for a line on its standard input, once it is in the control group in which it is to
 * run. One that did not start has no process: 0 in its place would move the caller. One that cannot be moved is killed.
 * @throws TsbuildError SANDBOX_NO_CGROUP
 */
export function releaseIntoGroup(child: WaitingProgram, group: Pick<ControlGroup, 'add'>): void {
  if (child.pid === undefined) return;
  try {
    group.add(child.pid);
  } catch (error) {
    child.kill('SIGKILL');
    throw error;
  }
  child.stdin?.end('\n');
}
