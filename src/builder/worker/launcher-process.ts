// Starts launchers ahead of time and follows one through its life: maps, order, output, exit.
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, fchownSync, writeFileSync } from 'node:fs';
import { Socket } from 'node:net';
import type { Duplex } from 'node:stream';
import { TsbuildError } from '../../core/errors.js';
import { CONTAINER_IDS, type Ownership } from '../rootfs/ownership.js';
import {
  encodeFrame,
  errorOf,
  frameDecoder,
  type FromLauncher,
  type LaunchOrder,
} from '../sandbox/launcher-protocol.js';
import type { Stub } from '../sandbox/path-in-root.js';
import type { SystemCalls } from '../sandbox/syscalls.js';

export interface LauncherPrograms {
  readonly unshare: string;
  readonly launcher: string;
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
  const options = ['--user', '--keep-caps', '--pid', '--fork', '--kill-child'];
  // Output has descriptors of its own, so that unshare's and Node's complaints never mix with the step's.
  const child = spawn(programs.unshare, [...options, '--', process.execPath, programs.launcher], {
    stdio: ['ignore', 'ignore', 'pipe', 'pipe', outputs[0].writeEnd, outputs[1].writeEnd],
    env: {},
  });
  for (const { writeEnd } of outputs) closeSync(writeEnd);
  return follow(
    child,
    outputs.map(({ readEnd }) => new Socket({ fd: readEnd, readable: true, writable: false })),
    ownership,
  );
}

function follow(child: ChildProcess, outputs: readonly Socket[], ownership: Ownership): LauncherProcess {
  const channel = child.stdio[3] as Duplex;
  // A launcher that dies closes its end while something may be on the way; its exit tells more.
  channel.on('error', () => {});
  let pid: number | undefined;
  let isKilled = false;
  let stubs: readonly Stub[] | undefined;
  let failure: TsbuildError | undefined;
  let order: LaunchOrder | undefined;
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
      if (signal !== null && pid !== undefined) killIfThere(pid);
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
    else {
      pid = message.pid;
      writeMaps(child, ownership);
      if (isKilled) return kill();
      channel.write(encodeFrame({ kind: 'mapped' }));
      if (order) channel.write(encodeFrame({ kind: 'launch', order }));
    }
  }
  channel.on('data', frameDecoder<FromLauncher>(onMessage));

  return {
    async launch(given, { onOutput, signal }) {
      signal.addEventListener('abort', kill);
      try {
        if (signal.aborted) kill();
        const read = outputs.map((output, i) => drain(output, (data) => onOutput(i === 0 ? 1 : 2, data)));
        order = given;
        // Without an id yet, it gets its order after its maps.
        if (pid !== undefined) channel.write(encodeFrame({ kind: 'launch', order }));
        const exit = await exited;
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
    writeFileSync(`/proc/${child.pid}/${file}`, `0 ${ownership.idOnDisk(0)} ${CONTAINER_IDS}\n`);
}

async function drain(output: Socket, take: (data: Buffer) => Promise<void>): Promise<void> {
  for await (const data of output) await take(data as Buffer);
}
