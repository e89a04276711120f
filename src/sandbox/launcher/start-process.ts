// Starts one process by a launcher and follows it to its end: its descriptors, its surroundings, its exit.
import { TsbuildError } from '../../core/errors.js';
import type { ControlGroup } from '../cgroup/control-groups.js';
import type { Ownership } from '../../rootfs/ownership.js';
import { failureOf, errorOf } from '../../host/failure-message.js';
import type { LaunchOrder } from '../launch-order.js';
import { launchInChroot } from '../chroot/launch-chroot.js';
import { launch, type KeeperChannel, type LaunchChannel } from '../launch.js';
import type { CallTraps } from '../trap-calls.js';
import type { Stub } from '../../rootfs/path-in-root.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { attend, type Attendance } from './attend.js';
import type { ChildExits } from './child-exits.js';
import { followProcess, signalName, type FollowedProcess } from './follow-process.js';
import { openStreams, type OpenStreams } from './open-streams.js';
import type { ProcessInput } from './process-input.js';
import type { TakeOutput } from './process-streams.js';
import type { TerminalSize } from '../process-spec.js';
import { FIRST_OWN, type Launcher, type LauncherStarter } from './start-launcher.js';
import type { ProcessesOfCommand, CommandProcesses } from '../chroot/command-processes.js';
import type { Supervisor } from './supervisor-process.js';
import { descriptorsOf, surround, type Surroundings, type SurroundingsTools } from './surroundings.js';
import type { ProcessWatch } from './watch-process.js';

/**
 * `networks` is absent where commands have no network of their own; `watching` where calls cannot be trapped, or where
 * a supervisor answers them.
 */
export interface LaunchTools extends SurroundingsTools {
  readonly calls: SystemCalls;
  readonly ownership: Ownership;
  readonly starter: LauncherStarter;
  readonly exits: ChildExits;
  /** Answers the trapped calls of commands; started when it is first asked for. */
  readonly supervisor?: (() => Promise<Supervisor>) | undefined;
  /** Ends what the command left running, and with it its output, where no pid namespace does. */
  readonly processes?: Pick<CommandProcesses, 'begin'>;
}

export interface CommandExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Mount points that were made in the rootfs. */
  readonly stubs: readonly Stub[];
}

export interface LaunchIo {
  /** Output is held back while it is pending. */
  readonly onOutput: TakeOutput;
  /** Kills the process. */
  readonly signal: AbortSignal;
  /** Where the command runs; absent: where the worker does. */
  readonly group?: ControlGroup | undefined;
  /** Called before the command can do anything. */
  readonly onReady?: (() => void) | undefined;
}

export interface LaunchedProcess {
  /** Absent for one with an empty input. */
  readonly input?: ProcessInput | undefined;
  /** Absent without a terminal. */
  readonly resize?: ((size: TerminalSize) => void) | undefined;
  /** Does nothing when it has ended. */
  kill(signal: NodeJS.Signals): void;
  /**
   * When nothing of it runs any more and all its output was taken.
   * @throws TsbuildError SANDBOX_FAILED | SANDBOX_NO_NETWORK | ABORTED
   */
  readonly ended: Promise<CommandExit>;
}

/**
 * Resolves when the command was executed; else nothing is left of it.
 * @throws TsbuildError SANDBOX_FAILED | SANDBOX_NO_NETWORK | LAYER_UNSAFE | STEP_NOT_FOUND | ABORTED
 */
export type StartProcess = (order: LaunchOrder, io: LaunchIo) => Promise<LaunchedProcess>;

export function processStarter(tools: LaunchTools): StartProcess {
  return async (order, io) => {
    if (io.signal.aborted) throw interrupted();
    const surroundings = surround(tools, order);
    let launched: LaunchedProcess;
    try {
      launched = await startLauncher(tools, { order, io, surroundings });
    } catch (error) {
      surroundings.end({ isGood: false });
      throw error;
    }
    const leave = (isGood: boolean): void => surroundings.end({ isGood });
    launched.ended.then(
      () => leave(true),
      () => leave(false),
    );
    return launched;
  };
}

export function interrupted(): TsbuildError {
  return new TsbuildError('ABORTED', 'the process was interrupted');
}

/** What is to be started, and what is there beside it. */
interface Starting {
  readonly order: LaunchOrder;
  readonly io: LaunchIo;
  readonly surroundings: Surroundings;
}

async function startLauncher(tools: LaunchTools, starting: Starting): Promise<LaunchedProcess> {
  const { order, io, surroundings } = starting;
  const streams = await openStreams(tools, order, io.onOutput);
  const processes = beginProcesses(tools, streams);
  const others = descriptorsOf(surroundings);
  let launcher: Launcher;
  try {
    const leash = processes ? [processes.leash] : [];
    launcher = tools.starter.start([...streams.given, ...others, ...leash]);
  } catch (error) {
    streams.close();
    processes?.abandon();
    throw error;
  }
  streams.handOver();
  const exited = tools.exits.of(launcher.pid);
  processes?.follow(launcher.pid, exited);
  const followed = followProcess(launcher.pid, exited);
  const attendance = attend(tools.supervisor, followed.lose);
  const abort = (): void => followed.kill('SIGKILL');
  io.signal.addEventListener('abort', abort);
  if (io.signal.aborted) abort();
  streams.begin(launcher);
  const firstOther = FIRST_OWN + streams.given.length;
  const begun = await becomeCommand(launcher, starting, {
    firstOther,
    standard: streams.standard,
    attendance,
    traps: trapsOf(tools, launcher, { ...starting, attendance, firstOther, followed }),
    keepers: processes && {
      leash: firstOther + others.length,
      pid: launcher.pid,
      onMade: processes.keep,
    },
  });
  if ('failure' in begun) followed.kill('SIGKILL');
  const ended = endOf({ followed, streams, processes, attendance, begun, signal: io.signal }).finally(() => {
    io.signal.removeEventListener('abort', abort);
    attendance.end();
    streams.close();
  });
  // The caller that awaits it gets the failure.
  ended.catch(() => undefined);
  // Then it never was the command: this throws.
  if ('failure' in begun) await ended;
  return { input: streams.input, resize: streams.resize, kill: followed.kill, ended };
}

/** Undefined where a pid namespace ends what a command leaves running. */
function beginProcesses({ processes }: LaunchTools, streams: OpenStreams): ProcessesOfCommand | undefined {
  try {
    return processes?.begin();
  } catch (error) {
    streams.close();
    throw error;
  }
}

interface Ending {
  readonly followed: FollowedProcess;
  readonly streams: OpenStreams;
  readonly processes: ProcessesOfCommand | undefined;
  readonly attendance: Attendance;
  readonly begun: Begun;
  readonly signal: AbortSignal;
}

async function endOf({
  followed,
  streams,
  processes,
  attendance,
  begun,
  signal,
}: Ending): Promise<CommandExit> {
  const exit = await followed.exited;
  await processes?.end();
  await streams.drained();
  if (signal.aborted) throw interrupted();
  if ('failure' in begun) throw begun.failure;
  const lost = followed.lost();
  if (lost) throw lost;
  await attendance.confirm();
  return { code: exit.code, signal: signalName(exit), stubs: begun.stubs };
}

interface TrapOptions extends Starting {
  readonly attendance: Attendance;
  /** Of the launcher's descriptors, the first behind its standard ones. */
  readonly firstOther: number;
  readonly followed: FollowedProcess;
}

/** Undefined where no calls are trapped, or all of them by the filter itself. */
function trapsOf(tools: LaunchTools, launcher: Launcher, options: TrapOptions): CallTraps | undefined {
  const { watch } = options.surroundings;
  if (watch) return watchedCalls(launcher, watch, options);
  return options.order.showsDevices ? shownDevices(tools, launcher, options) : undefined;
}

function watchedCalls(
  launcher: Launcher,
  watch: ProcessWatch,
  { surroundings: { network, isWaiting }, firstOther, followed }: TrapOptions,
): CallTraps {
  return {
    filter: watch.filter,
    watch(listener) {
      launcher.calls.sendDescriptor(firstOther, listener);
      watch.begin(launcher, followed.lose);
    },
    async onUntrapped() {
      if (isWaiting) await network?.connect();
    },
  };
}

/** Undefined where calls cannot be trapped: the command sees the files that stand for devices. */
function shownDevices(
  { watching, supervisor }: LaunchTools,
  { pid }: Launcher,
  { order: { uid, gid, groups }, attendance }: TrapOptions,
): CallTraps | undefined {
  if (!watching || !supervisor) return undefined;
  const deviceCapabilities = watching.deviceCapabilities.toString(16);
  return {
    filter: watching.traps.shownDevices,
    watch: (listener) => attendance.supervise({ pid, listener, uid, gid, groups, deviceCapabilities }),
    onUntrapped: async () => undefined,
  };
}

interface Beginning extends Pick<LaunchChannel, 'standard'> {
  readonly firstOther: number;
  readonly traps: CallTraps | undefined;
  readonly keepers: KeeperChannel | undefined;
  readonly attendance: Attendance;
}

/** The launcher has become the command, or why not. */
type Begun = { readonly stubs: readonly Stub[] } | { readonly failure: TsbuildError };

async function becomeCommand(
  launcher: Launcher,
  { order, io, surroundings: { network, isWaiting, watch } }: Starting,
  { firstOther, standard, traps, keepers, attendance }: Beginning,
): Promise<Begun> {
  const { uid, gid, groups } = order;
  let stubs: readonly Stub[] = [];
  const channel: LaunchChannel = {
    standard,
    ...(network && { network: watch ? firstOther + 1 : firstOther }),
    traps,
    keepers,
    onReady: async (made) => {
      stubs = made;
      io.onReady?.();
      if (!isWaiting) await network?.connect();
    },
    supervise: (listener) => attendance.supervise({ pid: launcher.pid, listener, uid, gid, groups }),
  };
  try {
    io.group?.add(launcher.pid);
    if (order.entry === 'chroot') await launchInChroot(launcher.calls, order, channel);
    else await launch(launcher.calls, order, channel);
    return { stubs };
  } catch (error) {
    return { failure: error instanceof TsbuildError ? error : errorOf(failureOf(error)) };
  } finally {
    launcher.close();
  }
}
