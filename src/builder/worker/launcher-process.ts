// Starts launchers ahead of time and follows one through its life: maps, order, output, exit.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fchownSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { StepGroup } from '../cgroup/step-group.js';
import { attachNetwork, type AttachedNetwork } from '../network/attach-network.js';
import type { NetworkTool } from '../network/network-tool.js';
import { CONTAINER_IDS, type Ownership } from '../rootfs/ownership.js';
import {
  encodeFrame,
  errorOf,
  frameDecoder,
  type FromLauncher,
  type LaunchOrder,
} from '../sandbox/launcher-protocol.js';
import { nodeCommand } from '../sandbox/node-command.js';
import type { Stub } from '../sandbox/path-in-root.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { loadedLibrary } from '../sandbox/syscalls/binding.js';
import type { Supervisor } from './supervisor-process.js';

export interface LauncherPrograms {
  /** unshare(1); without it the launcher is a child of the worker itself, in its namespaces. */
  readonly unshare?: string;
  readonly launcher: string;
  readonly onSpawn?: (child: ChildProcess) => void;
  /** Ends what the command left running, and with it its output, where no pid namespace does. */
  readonly endLeftOvers?: () => Promise<void>;
  /** Takes over the notifications of a supervised step. */
  readonly supervisor?: Supervisor;
  /** Gives the launcher a network namespace of its own, connected by this tool. */
  readonly network?: NetworkTool | undefined;
}

export interface CommandExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Mount points the launcher made in the rootfs. */
  readonly stubs: readonly Stub[];
}

export interface LauncherProcess {
  /** Once. Output is held back while `onOutput` is pending. @throws TsbuildError SANDBOX_FAILED | LAYER_UNSAFE | STEP_NOT_FOUND | ABORTED */
  launch(order: LaunchOrder, io: LaunchIo): Promise<CommandExit>;
}

export interface LaunchIo {
  readonly onOutput: (stream: 1 | 2, data: Buffer) => Promise<void>;
  readonly signal: AbortSignal;
  /** Where the command runs; absent: where the worker does. */
  readonly group?: StepGroup | undefined;
}

/** Text of a failed start that is kept for the message. */
const MAX_COMPLAINT = 4096;

export function startLauncher(
  calls: SystemCalls,
  programs: LauncherPrograms,
  ownership: Ownership,
): LauncherProcess {
  const outputs = [calls.pipe(), calls.pipe()] as const;
  // The pipes belong to the container's root, who hands them on to the user of the step.
  for (const { writeEnd } of outputs) fchownSync(writeEnd, ownership.idOnDisk(0), ownership.idOnDisk(0));
  const { network, unshare, endLeftOvers } = programs;
  const options = ['--user', '--keep-caps', '--pid', '--fork', '--kill-child', ...(network ? ['--net'] : [])];
  const library = loadedLibrary();
  const node = nodeCommand(programs.launcher, library === undefined ? [] : [library]);
  const [program = '', ...args] = unshare === undefined ? node : [unshare, ...options, '--', ...node];
  // Output has descriptors of its own, so that unshare's and Node's complaints never mix with the step's.
  const child = spawn(program, args, {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', outputs[0].writeEnd, outputs[1].writeEnd],
    env: {},
  });
  for (const { writeEnd } of outputs) closeSync(writeEnd);
  programs.onSpawn?.(child);
  return follow(
    child,
    outputs.map(({ readEnd }) => new Socket({ fd: readEnd, readable: true, writable: false })),
    {
      ownership: unshare === undefined ? undefined : ownership,
      supervisor: programs.supervisor,
      endLeftOvers,
      connect: async (pid) => network && attachNetwork(calls, network, pid),
    },
  );
}

interface LauncherSurroundings {
  /** Of the launcher's own user namespace, when it has one. */
  readonly ownership: Ownership | undefined;
  readonly supervisor: Supervisor | undefined;
  readonly endLeftOvers: LauncherPrograms['endLeftOvers'];
  /** Undefined: the launcher has no network to be connected. */
  readonly connect: (pid: number) => Promise<AttachedNetwork | undefined>;
}

function follow(
  child: ChildProcess,
  outputs: readonly Socket[],
  { ownership, supervisor, endLeftOvers, connect }: LauncherSurroundings,
): LauncherProcess {
  const channel = child.stdio[3] as Duplex;
  // A launcher that dies closes its end while something may be on the way; its exit tells more.
  channel.on('error', () => {});
  let pid: number | undefined;
  let isKilled = false;
  let stubs: readonly Stub[] | undefined;
  let failure: TsbuildError | undefined;
  let order: LaunchOrder | undefined;
  let group: StepGroup | undefined;
  let connection: AttachedNetwork | undefined;
  let isConnected = false;
  let complaint = '';
  child.stderr?.on(
    'data',
    (data: Buffer) => (complaint = (complaint + data.toString()).slice(-MAX_COMPLAINT)),
  );
  const complained = new Promise<void>((resolve) => child.stderr?.once('close', resolve));
  const exited = new Promise<{ code: number | null; signal: NodeJS.Signals | null }>((resolve) => {
    child.once('exit', (code, signal) => {
      // Killed before it could bind the launcher's life to its own, unshare leaves the launcher behind.
      channel.end();
      if (ownership && signal !== null && pid !== undefined) killIfThere(pid);
      resolve({ code, signal });
    });
    child.once('error', (cause) => {
      failure ??= new TsbuildError('SANDBOX_FAILED', `cannot start unshare: ${cause.message}`, { cause });
      resolve({ code: 1, signal: null });
    });
  });

  function kill(): void {
    isKilled = true;
    if (pid !== undefined && child.exitCode === null && child.signalCode === null)
      process.kill(pid, 'SIGKILL');
  }

  function onMessage(message: FromLauncher): void {
    if (message.kind === 'failure') failure = errorOf(message);
    else if (message.kind === 'ready') stubs = message.stubs;
    else if (message.kind === 'supervise') supervise(message.listener);
    else {
      pid = message.pid;
      if (ownership) writeMaps(child, ownership);
      if (isKilled) return kill();
      channel.write(encodeFrame({ kind: 'mapped' }));
      connect(pid)
        .then(connected)
        .catch((error: TsbuildError) => {
          failure ??= error;
          kill();
        });
    }
  }

  function connected(network: AttachedNetwork | undefined): void {
    if (isKilled) return network?.close();
    connection = network;
    isConnected = true;
    if (order) deliver(order);
  }

  function deliver(order: LaunchOrder): void {
    if (pid !== undefined) group?.add(pid);
    channel.write(encodeFrame({ kind: 'launch', order }));
  }
  channel.on('data', frameDecoder<FromLauncher>(onMessage));

  function supervise(listener: number): void {
    invariant(supervisor && order && pid !== undefined, 'a supervised step was launched beside a supervisor');
    supervisor.supervise({ pid, listener, uid: order.uid, gid: order.gid, groups: order.groups }).then(
      () => channel.write(encodeFrame({ kind: 'supervised' })),
      (error: TsbuildError) => {
        failure = error;
        kill();
      },
    );
  }

  return {
    async launch(given, { onOutput, signal, group: itsGroup }) {
      signal.addEventListener('abort', kill);
      try {
        if (signal.aborted) kill();
        const read = outputs.map((output, i) => drain(output, (data) => onOutput(i === 0 ? 1 : 2, data)));
        order = given;
        group = itsGroup;
        // Else it gets its order after its maps and its network.
        if (isConnected) deliver(order);
        const exit = await exited;
        await endLeftOvers?.();
        await Promise.all([...read, complained]);
        if (signal.aborted) throw new TsbuildError('ABORTED', 'the step was interrupted');
        if (failure) throw failure;
        if (!stubs)
          throw new TsbuildError(
            'SANDBOX_FAILED',
            `the launcher of a RUN step ended early (${exit.signal ?? exit.code}): ${complaint.trim()}`,
          );
        return { ...trueExit(exit, complaint), stubs };
      } finally {
        signal.removeEventListener('abort', kill);
        channel.destroy();
        connection?.close();
      }
    },
  };
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

/** unshare(1) ends by the signal that ended its child, but stumbles over SIGKILL, whose action it cannot set. */
function trueExit(exit: Omit<CommandExit, 'stubs'>, complaint: string): Omit<CommandExit, 'stubs'> {
  return complaint.includes('sigprocmask unblock failed') ? { code: null, signal: 'SIGKILL' } : exit;
}

/** A step never is root of the host, and with subordinate ids never the invoking user. */
function writeMaps(child: ChildProcess, ownership: Ownership): void {
  for (const file of ['uid_map', 'gid_map'])
    writeFileSync(
      `/proc/${child.pid}/${file}`,
      `0 ${ownership.idOnDisk(0)} ${ownership.mappedIds ?? CONTAINER_IDS}\n`,
    );
}

async function drain(output: Socket, take: (data: Buffer) => Promise<void>): Promise<void> {
  for await (const data of output) await take(data as Buffer);
}
