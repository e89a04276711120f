// Runs a step's command by an OCI runtime in the place of tsbuild's own launcher: the same order, as a bundle.
import type { StepGroup } from '../cgroup/control-groups.js';
import { spawn, type ChildProcess } from 'node:child_process';
import { closeSync, existsSync, fchownSync, mkdirSync, readFileSync } from 'node:fs';
import { Socket } from 'node:net';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
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
import type { CommandExit, LaunchIo, LaunchStep } from '../launcher/start-process.js';

export interface RuntimeOptions {
  readonly runtime: OciRuntime;
  readonly unshare: string;
  readonly ownership: Ownership;
  readonly network: NetworkTool | undefined;
  readonly hall: Hall;
}

const ID = 'step';

export function runtimeLauncher(calls: SystemCalls, options: RuntimeOptions): LaunchStep {
  return async (order, io) => {
    const { unshare, ownership, network: tool, hall } = options;
    const holder =
      order.network === 'private' && tool
        ? await holdNamespaces(calls, unshare, { tool, ownership })
        : undefined;
    try {
      const bundle = createBundle(calls, ownership, order, hall.makeRoom());
      try {
        bundle.writeConfig(configOf(order, bundle, namespacesFor(holder, ownership)));
        return await runBundle(calls, options, { order, bundle, io });
      } finally {
        bundle.remove();
      }
    } finally {
      holder?.close();
    }
  };
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

interface Running {
  readonly order: LaunchOrder;
  readonly bundle: Bundle;
  readonly io: LaunchIo;
}

async function runBundle(
  calls: SystemCalls,
  { runtime, ownership }: RuntimeOptions,
  { order, bundle, io }: Running,
): Promise<CommandExit> {
  const at = (name: string): string => join(bundle.directory, name);
  mkdirSync(at('state'), { mode: 0o700 });
  const args = [
    ...globalOptions(runtime, { state: at('state'), log: at('log') }),
    'run',
    '--bundle',
    bundle.directory,
    '--pid-file',
    at('pid'),
    ID,
  ];
  const outputs = [calls.pipe(), calls.pipe()] as const;
  for (const { writeEnd } of outputs)
    fchownSync(writeEnd, ownership.idOnDisk(order.uid), ownership.idOnDisk(order.gid));
  const child = start(runtime.program, args, { outputs: outputs.map(({ writeEnd }) => writeEnd), io });
  for (const { writeEnd } of outputs) closeSync(writeEnd);
  const kill = (): void => killAll(child, at('pid'));
  io.signal.addEventListener('abort', kill);
  try {
    if (io.signal.aborted) kill();
    const read = outputs.map(({ readEnd }, i) =>
      drain(readEnd, (data) => io.onOutput(i === 0 ? 1 : 2, data)),
    );
    const code = await exitOf(child, runtime);
    // A runtime that was killed before its command leaves that behind.
    if (io.signal.aborted) kill();
    await Promise.all(read);
    if (io.signal.aborted) throw new TsbuildError('ABORTED', 'the step was interrupted');
    const complaint = existsSync(at('log')) ? lastError(readFileSync(at('log'), 'utf8')) : undefined;
    if (code !== 0 && complaint !== undefined) throw startFailure(runtime, complaint, order.argv[0] ?? '');
    return { code, signal: null, stubs: bundle.stubs };
  } finally {
    io.signal.removeEventListener('abort', kill);
  }
}

interface StartOptions {
  readonly outputs: readonly number[];
  readonly io: LaunchIo;
}

function start(program: string, args: readonly string[], { outputs, io }: StartOptions): ChildProcess {
  const env = { PATH: '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin' };
  const { group } = io;
  if (!group) return spawn(program, args, { stdio: ['ignore', ...outputs], env });
  // It must be in the control group before it has children.
  const wait = 'read -r go && exec "$@" </dev/null';
  const child = spawn('/bin/sh', ['-c', wait, 'sh', program, ...args], { stdio: ['pipe', ...outputs], env });
  releaseIntoGroup(child, group);
  return child;
}

function killAll(child: ChildProcess, pidFile: string): void {
  child.kill('SIGKILL');
  const pid = existsSync(pidFile) ? Number(readFileSync(pidFile, 'utf8')) : 0;
  if (!Number.isSafeInteger(pid) || pid <= 1) return;
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
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

async function drain(fd: number, take: (data: Buffer) => Promise<void>): Promise<void> {
  const output = new Socket({ fd, readable: true, writable: false });
  for await (const data of output) await take(data as Buffer);
}

interface WaitingProgram {
  readonly pid?: number | undefined;
  readonly stdin: { end(line: string): unknown } | null;
}

/**
 * Lets go of a program that waits for a line on its standard input, once it is in the control group in which it is to run. One that did
 * not start has no process: 0 in its place would move the caller. @throws TsbuildError SANDBOX_NO_CGROUP
 */
export function releaseIntoGroup(child: WaitingProgram, group: Pick<StepGroup, 'add'>): void {
  if (child.pid === undefined) return;
  group.add(child.pid);
  child.stdin?.end('\n');
}
