// A further command in a running container: a launcher enters all namespaces of PID 1, and a child of it becomes the
// command.
import { closeSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { setTimeout as sleep } from 'node:timers/promises';
import { TsbuildError } from '../core/errors.js';
import { CLONE_NEWUSER, type ExitStatus } from '../host/syscalls/process-calls.js';
import { loadSyscalls, type OwnSystemCalls, type SystemCalls } from '../host/syscalls/system-calls.js';
import { becomeCommand } from '../sandbox/command.js';
import { foreignNamespaces } from '../sandbox/foreign-namespaces.js';
import { becomeUser, workingDirectory } from '../sandbox/launch.js';
import {
  launcherStarterBy,
  startParentLauncher,
  type ParentLauncher,
} from '../sandbox/launcher/parent-launcher.js';
import { FIRST_OWN, launcherStarter, type Launcher } from '../sandbox/launcher/start-launcher.js';
import type { LaunchOrder } from '../sandbox/launch-order.js';
import { openStandard, type Standard } from '../sandbox/standard-descriptors.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord } from './container-record.js';
import { notRunning } from './end-container.js';
import { execOrder, type ExecChoice, type ExecFacts } from './exec-order.js';
import { becomeInRoot, orderInRoot } from './exec-in-root.js';
import { becomeSupervisedIn } from './exec-supervised.js';
import { attachEnds, openEnds, type Ends, type TakenEnds } from './exec-streams.js';
import type { FollowChoice } from './run-container.js';
import { runningState } from './running-state.js';

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
  const parent = enter(calls, host, { record, state });
  try {
    return await execBy(calls, parent, { host, record, state, choice, follow });
  } catch (error) {
    throw notStarted(error);
  } finally {
    parent.seal();
    parent.launcher.close();
  }
}

/** A launcher whose children are in the container. */
function enter(
  calls: OwnSystemCalls,
  { store }: ContainerHost,
  { record, state: { main } }: Pick<ExecFacts, 'record' | 'state'>,
): ParentLauncher {
  const process = calls.openProcess(main.pid);
  try {
    const parent = startParentLauncher(calls, launcherStarter(calls, { directory: store.paths.tmp }), [
      process,
    ]);
    const { launcher } = parent;
    // At once: in the user namespace of the container it may not look at PID 1 any more.
    if (record.host.isolation !== 'chroot')
      launcher.calls.enterNamespace(FIRST_OWN, CLONE_NEWUSER | foreignNamespaces(main.pid));
    return parent;
  } finally {
    closeSync(process);
  }
}

interface Child {
  readonly launcher: Launcher;
  /** Of this process: where the child's CHILD_OUTLET leads. */
  readonly outlet: number;
}

const CHILD_OUTLET = FIRST_OWN;

function startChild(calls: OwnSystemCalls, parent: ParentLauncher): Child {
  const [outlet, its] = calls.socketPair();
  try {
    return { launcher: launcherStarterBy(calls, parent).start([its], { isBeside: true }), outlet };
  } catch (error) {
    closeSync(outlet);
    throw error;
  } finally {
    closeSync(its);
  }
}

/** The kernel lets nobody take them from a process that has changed its ids. It gives them itself. */
function takeEnds(
  calls: OwnSystemCalls,
  its: SystemCalls,
  { outputs, input }: Ends,
  outlet: number,
): TakenEnds {
  const take = (fd: number): number => {
    its.sendDescriptor(CHILD_OUTLET, fd);
    return calls.receiveDescriptor(outlet);
  };
  return { outputs: outputs.map(take), ...(input !== undefined && { input: take(input) }) };
}

interface Executing extends ExecFacts {
  readonly host: ContainerHost;
  readonly follow: FollowChoice;
}

async function execBy(
  calls: OwnSystemCalls,
  parent: ParentLauncher,
  executing: Executing,
): Promise<number | undefined> {
  const { host, record, choice, follow } = executing;
  const { isDetached = false, isTerminal = false, isInteractive = false } = choice;
  const hasInput = isInteractive && !isDetached && !isTerminal;
  const { launcher, outlet } = startChild(calls, parent);
  const pid = childOf(parent);
  const order = execOrder(calls, executing);
  const { calls: its } = launcher;
  its.together(() => {
    if (!order.container?.hasOneId) {
      its.setGroups([]);
      its.setIds({ uid: 0, gid: 0 });
    }
    its.umask(0o022);
  });
  const ends = openEnds(launcher, { isTerminal, hasInput });
  const taken = isDetached ? { outputs: [] } : takeEnds(calls, its, ends, outlet);
  closeSync(outlet);
  if (record.host.isolation === 'chroot') {
    const { rootfs } = host.paths.of(record.id);
    await becomeInRoot(its, orderInRoot(calls, order, join(rootfs, 'root')), ends.standard);
  } else await becomeInNamespaces(its, executing, { order, pid, standard: ends.standard });
  launcher.close();
  if (isDetached) return undefined;
  const left = new AbortController();
  const undo: (() => void)[] = [];
  try {
    const drained = attachEnds(calls, { ends, taken, follow, undo, leave: () => left.abort() });
    const exit = await exitOf(parent, pid, left.signal);
    if (!exit) return undefined;
    await drained.untilQuiet(DRAIN_MS);
    return exit.signal === null ? (exit.code ?? 0) : 128 + exit.signal;
  } finally {
    for (const one of undo.reverse()) one();
  }
}

interface Becoming {
  readonly order: LaunchOrder;
  readonly pid: number;
  readonly standard: Standard;
}

async function becomeInNamespaces(
  its: SystemCalls,
  { host, record }: Executing,
  { order, pid, standard: ends }: Becoming,
): Promise<void> {
  const standard = openStandard(its, order, ends);
  const directory = workingDirectory(its, order);
  its.together(() => {
    its.fchdir(directory);
    its.startSession();
    standard.give();
    standard.become();
  });
  if (order.isSupervised) await becomeSupervisedIn(host, its, { order, record, pid });
  else await becomeUser(its, order, {});
  its.together(() => {
    its.resetSignals();
    its.keepOnlyStandardDescriptors();
  });
  becomeCommand(its, order.argv, order.env);
}

/** Silence after the end of a command: others may still have its outputs open. */
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

/** As docker has it for a user that there is not. */
const NOT_EXECUTABLE = 126;

function notStarted(error: unknown): unknown {
  if (!(error instanceof TsbuildError)) return error;
  if (error.code === 'STEP_USER_NOT_FOUND') return error.with({ exitCode: NOT_EXECUTABLE });
  if (error.code !== 'STEP_NOT_FOUND' && error.code !== 'LAYER_UNSAFE') return error;
  return error.with({
    code: 'CONTAINER_NOT_STARTED',
    message: `OCI runtime exec failed: exec failed: unable to start container process: ${error.message}`,
  });
}
