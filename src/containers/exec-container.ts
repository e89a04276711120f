// A further command in a running container: a launcher enters all namespaces of PID 1, and a child of it becomes the
// command.
import { closeSync, fstatSync, openSync, readFileSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';
import { fromUtf8 } from '../core/bytes.js';
import { O_DIRECTORY, O_PATH } from '../host/syscalls/open-flags.js';
import {
  CLONE_NEWCGROUP,
  CLONE_NEWIPC,
  CLONE_NEWNET,
  CLONE_NEWNS,
  CLONE_NEWPID,
  CLONE_NEWUSER,
  CLONE_NEWUTS,
  type ExitStatus,
} from '../host/syscalls/process-calls.js';
import { drain } from '../host/drain.js';
import { loadSyscalls, type OwnSystemCalls } from '../host/syscalls/system-calls.js';
import { execUserOf, parseGroups, parsePasswd } from '../layer/accounts/account-rows.js';
import { openInside } from '../rootfs/path-in-root.js';
import { becomeCommand } from '../sandbox/command.js';
import { becomeUser, workingDirectory } from '../sandbox/launch.js';
import type { LaunchOrder } from '../sandbox/launch-order.js';
import {
  launcherStarterBy,
  startParentLauncher,
  type ParentLauncher,
} from '../sandbox/launcher/parent-launcher.js';
import { openHandUp } from '../sandbox/launcher/hand-up.js';
import { FIRST_OWN, launcherStarter, type Launcher } from '../sandbox/launcher/start-launcher.js';
import type { TerminalSize } from '../sandbox/process-spec.js';
import { openStandard, type Standard } from '../sandbox/standard-descriptors.js';
import { filterOf } from '../worker/containers/container-filter.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord, ContainerState } from './container-record.js';
import { notRunning } from './end-container.js';
import { pumpInput } from './relay-streams.js';
import { capabilitySet } from './rules/capability-set.js';
import { execEnv } from './rules/process-env.js';
import { securitySettings } from './rules/security-options.js';
import type { FollowChoice } from './run-container.js';
import { runningState } from './running-state.js';
import { pipeInput, terminalInput } from './take-input.js';

export interface ExecChoice {
  readonly command: readonly string[];
  readonly isDetached?: boolean;
  readonly isInteractive?: boolean;
  readonly isTerminal?: boolean;
  readonly isPrivileged?: boolean;
  readonly env?: readonly string[];
  readonly user?: string;
  readonly workingDir?: string;
}

/**
 * @returns the exit code; undefined for one that was detached
 * @throws TsbuildError CONTAINER_NOT_RUNNING | CONTAINER_NOT_STARTED | SANDBOX_*
 */
export async function execInRun(
  host: ContainerHost,
  record: ContainerRecord,
  choice: ExecChoice,
  follow: FollowChoice,
): Promise<number | undefined> {
  const state = runningState(host.paths.of(record.id));
  if (!state) throw notRunning(record);
  const calls = await loadSyscalls();
  const parent = enter(calls, host, record, state);
  try {
    return await execBy(calls, parent, { record, state, choice, follow });
  } catch (error) {
    throw notStarted(error);
  } finally {
    parent.seal();
    parent.launcher.close();
  }
}

const ALL_KINDS = CLONE_NEWNS | CLONE_NEWPID | CLONE_NEWNET | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWCGROUP;

/** A launcher whose children are in the container. */
function enter(
  calls: OwnSystemCalls,
  { store }: ContainerHost,
  record: ContainerRecord,
  { main }: ContainerState,
): ParentLauncher {
  const process = calls.openProcess(main.pid);
  try {
    const parent = startParentLauncher(calls, launcherStarter(calls, { directory: store.paths.tmp }), [
      process,
    ]);
    const { launcher } = parent;
    const { pidMode } = record.host;
    const kinds = pidMode === 'host' ? ALL_KINDS & ~CLONE_NEWPID : ALL_KINDS;
    launcher.calls.enterNamespace(FIRST_OWN, CLONE_NEWUSER);
    launcher.calls.enterNamespace(FIRST_OWN, kinds);
    return parent;
  } finally {
    closeSync(process);
  }
}

interface Executing {
  readonly record: ContainerRecord;
  readonly state: ContainerState;
  readonly choice: ExecChoice;
  readonly follow: FollowChoice;
}

async function execBy(
  calls: OwnSystemCalls,
  parent: ParentLauncher,
  executing: Executing,
): Promise<number | undefined> {
  const { choice, follow } = executing;
  const { isDetached = false, isTerminal = false, isInteractive = false } = choice;
  const hasInput = isInteractive && !isDetached && !isTerminal;
  const handUp = openHandUp(calls, parent);
  const launcher = launcherStarterBy(calls, parent).start([handUp.childEnd], { isBeside: true });
  handUp.close();
  const pid = childOf(parent);
  const order = orderOf(calls, executing);
  const { calls: its } = launcher;
  its.together(() => {
    its.setGroups([]);
    its.setIds({ uid: 0, gid: 0 });
    its.umask(0o022);
  });
  const ends = isTerminal ? openTerminal(launcher) : openPipes(launcher, { hasInput });
  const take = (fd: number): number => handUp.take(launcher, fd);
  const taken: TakenEnds = isDetached
    ? { outputs: [] }
    : { outputs: ends.outputs.map(take), ...(ends.input !== undefined && { input: take(ends.input) }) };
  const standard = openStandard(its, order, ends.standard);
  const directory = workingDirectory(its, order);
  its.together(() => {
    its.fchdir(directory);
    its.startSession();
    standard.become();
  });
  await becomeUser(its, order, {});
  its.together(() => {
    its.resetSignals();
    its.keepOnlyStandardDescriptors();
  });
  becomeCommand(its, order.argv, order.env);
  launcher.close();
  if (isDetached) return undefined;
  const left = new AbortController();
  const undo: (() => void)[] = [];
  try {
    const drained = attachEnds(calls, { ends, taken, follow, undo, leave: () => left.abort() });
    const exit = await exitOf(parent, pid, left.signal);
    if (!exit) return undefined;
    await Promise.race([drained, sleep(DRAIN_MS)]);
    return exit.signal === null ? (exit.code ?? 0) : 128 + exit.signal;
  } finally {
    for (const one of undo.reverse()) one();
  }
}

/** Of the launcher, which belong to root of the container. */
interface Ends {
  readonly standard: Standard;
  readonly outputs: readonly number[];
  readonly input?: number | undefined;
  readonly isTerminal: boolean;
}

function openTerminal({ calls }: Launcher): Ends {
  const { master, peer } = calls.terminals().openTerminal(fromUtf8('/dev/pts/ptmx'));
  return { standard: { kind: 'terminal', peer }, outputs: [master], input: master, isTerminal: true };
}

function openPipes({ calls }: Launcher, { hasInput }: { readonly hasInput: boolean }): Ends {
  const [output, error] = [calls.pipe(), calls.pipe()];
  const input = hasInput ? calls.pipe() : undefined;
  return {
    standard: {
      kind: 'pipes',
      outputs: [output.writeEnd, error.writeEnd],
      ...(input && { input: input.readEnd }),
    },
    outputs: [output.readEnd, error.readEnd],
    ...(input && { input: input.writeEnd }),
    isTerminal: false,
  };
}

interface Attaching {
  readonly ends: Ends;
  readonly taken: TakenEnds;
  readonly follow: FollowChoice;
  readonly undo: (() => void)[];
  readonly leave: () => void;
}

/** Resolves when all output was taken. Before the command is executed. */
function attachEnds(
  calls: OwnSystemCalls,
  { ends, taken, follow, undo, leave }: Attaching,
): Promise<unknown> {
  const { streams, size } = follow;
  const outputs = [streams.stdout, streams.stderr];
  if (taken.input !== undefined && ends.isTerminal) {
    const master = taken.input;
    const resize = (changed: TerminalSize): void => calls.terminals().resizeTerminal(master, changed);
    if (size) resize(size);
    if (streams.stdin) {
      const input = terminalInput(master, resize, streams.stdout, { isShared: true });
      undo.push(input.close, pumpInput(streams.stdin, input, { ...follow, isTerminal: true, leave }));
    }
  } else if (taken.input !== undefined) {
    const input = pipeInput(taken.input);
    undo.push(input.close);
    if (streams.stdin) undo.push(pumpInput(streams.stdin, input, { ...follow, isTerminal: false, leave }));
    else input.end();
  }
  if (ends.isTerminal) return drainTerminal(taken.outputs[0]!, (data) => write(streams.stdout, data));
  return Promise.all(taken.outputs.map((fd, i) => drain(fd, (data) => write(outputs[i], data))));
}

interface TakenEnds {
  readonly outputs: readonly number[];
  readonly input?: number | undefined;
}

/** What is left in the pipes of a command that has ended; others may still have them open. */
const DRAIN_MS = 200;
const LOOK_MS = 4;

async function exitOf(
  { launcher }: ParentLauncher,
  pid: number,
  left: AbortSignal,
): Promise<ExitStatus | undefined> {
  for (;;) {
    const status = launcher.calls.reap(pid);
    if (status || left.aborted) return status;
    await sleep(LOOK_MS);
  }
}

/** The launcher's only child, as this process numbers it. */
function childOf({ launcher: { pid } }: ParentLauncher): number {
  const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'latin1').trim().split(' ');
  const child = Number(children.at(-1));
  if (child > 0) return child;
  throw new TsbuildError('SANDBOX_FAILED', 'the process of a command ended early');
}

async function drainTerminal(master: number, take: (data: Buffer) => Promise<void>): Promise<void> {
  const { ReadStream } = await import('node:tty');
  const stream = new ReadStream(master);
  try {
    for await (const data of stream) await take(data as Buffer);
  } catch (error) {
    // What the kernel says when nobody has the peer open any more.
    if ((error as NodeJS.ErrnoException).code !== 'EIO') throw error;
  }
}

async function write(stream: NodeJS.WritableStream | undefined, data: Buffer): Promise<void> {
  if (stream && !stream.write(data)) await new Promise((resolve) => stream.once('drain', resolve));
}

function orderOf(calls: OwnSystemCalls, { record: { config, host }, state, choice }: Executing): LaunchOrder {
  const accounts = (path: string): string => readInside(calls, state, path);
  const user = execUserOf(
    parsePasswd(accounts('/etc/passwd')),
    () => parseGroups(accounts('/etc/group')),
    choice.user || config.user,
  );
  const isPrivileged = choice.isPrivileged === true || host.isPrivileged;
  const security = securitySettings(host.securityOpt);
  const filter = filterOf({ seccomp: security.seccomp, isPrivileged, uid: user.uid });
  return {
    argv: choice.command,
    env: execEnv({
      env: config.env,
      asked: choice.env ?? [],
      hostname: config.hostname,
      hasTerminal: choice.isTerminal === true,
      home: user.home,
    }),
    cwd: choice.workingDir || config.workingDir || '/',
    uid: user.uid,
    gid: user.gid,
    groups: user.groups,
    hostname: config.hostname,
    network: 'host',
    isInsecure: isPrivileged,
    ulimits: [],
    rootfs: '/',
    scratch: '/',
    mounts: [],
    ...(filter && { filter }),
    container: {
      capabilities: capabilitySet({ add: host.capAdd, drop: host.capDrop, isPrivileged }),
      hasNoNewPrivileges: security.hasNoNewPrivileges,
      isRootReadonly: host.isReadonlyRootfs,
      outlivesParent: choice.isDetached === true,
      joined: {},
      sysctls: {},
    },
  };
}

const ACCOUNT_BYTES = 1 << 20;

/** A file of the container, whose links do not lead out of it. Empty where there is no such file. */
function readInside(calls: OwnSystemCalls, { main }: ContainerState, path: string): string {
  const root = openSync(`/proc/${main.pid}/root`, O_PATH | O_DIRECTORY);
  const opened = [root];
  try {
    const found = openInside(calls, root, path);
    if (found === undefined) return '';
    opened.push(found);
    const { size } = fstatSync(found);
    if (calls.status(found).type !== 'file' || size > ACCOUNT_BYTES) return '';
    return readFileSync(`/proc/self/fd/${found}`, 'utf8');
  } finally {
    for (const fd of opened) closeSync(fd);
  }
}

function notStarted(error: unknown): unknown {
  if (!(error instanceof TsbuildError)) return error;
  if (error.code !== 'STEP_NOT_FOUND' && error.code !== 'LAYER_UNSAFE') return error;
  return error.with({
    code: 'CONTAINER_NOT_STARTED',
    message: `OCI runtime exec failed: exec failed: unable to start container process: ${error.message}`,
  });
}
