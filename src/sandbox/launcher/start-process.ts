// Follows one step from its order to its end: launcher, output, exit.
import { closeSync, fchownSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { StepGroup } from '../cgroup/control-groups.js';
import type { Ownership } from '../../rootfs/ownership.js';
import { failureOf, errorOf } from '../../host/failure-message.js';
import type { LaunchOrder } from '../launch-order.js';
import { launchInChroot } from '../chroot/launch-chroot.js';
import { launch, type CallTraps, type KeeperChannel, type LaunchChannel } from '../launch.js';
import type { Stub } from '../../rootfs/path-in-root.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import type { ExitStatus } from '../../host/syscalls/process-calls.js';
import type { ChildExits } from './child-exits.js';
import type { StepNetwork, StepNetworkPool } from '../network/private-network.js';
import { FIRST_OWN, type Launcher, type LauncherStarter } from './start-launcher.js';
import type { StepProcesses } from '../chroot/command-processes.js';
import type { Supervisor } from './supervisor-process.js';
import { watchStep, type StepWatch, type WatchTools } from './watch-process.js';

export interface LaunchTools {
  readonly calls: SystemCalls;
  readonly ownership: Ownership;
  readonly starter: LauncherStarter;
  readonly exits: ChildExits;
  /** Absent where steps have no network of their own. */
  readonly networks?: StepNetworkPool | undefined;
  /** Absent where calls of steps cannot be trapped, and where a supervisor answers them. */
  readonly watching?: WatchTools | undefined;
  /** Takes over the notifications of steps; started when it is first asked for. */
  readonly supervisor?: (() => Promise<Supervisor>) | undefined;
  /** Ends what the command left running, and with it its output, where no pid namespace does. */
  readonly processes?: Pick<StepProcesses, 'begin'>;
}

export interface CommandExit {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  /** Mount points that were made in the rootfs. */
  readonly stubs: readonly Stub[];
}

export interface LaunchIo {
  /** Output is held back while it is pending. */
  readonly onOutput: (stream: 1 | 2, data: Buffer) => Promise<void>;
  readonly signal: AbortSignal;
  /** Where the command runs; absent: where the worker does. */
  readonly group?: StepGroup | undefined;
  /** Called before the command can do anything. */
  readonly onReady?: (() => void) | undefined;
}

/** @throws TsbuildError SANDBOX_FAILED | SANDBOX_NO_NETWORK | LAYER_UNSAFE | STEP_NOT_FOUND | ABORTED */
export type LaunchStep = (order: LaunchOrder, io: LaunchIo) => Promise<CommandExit>;

export function stepLauncher(tools: LaunchTools): LaunchStep {
  return async (order, io) => {
    const { networks } = tools;
    const network = order.network === 'private' ? networks?.take() : undefined;
    // A process can have one listener, and that of a step which sees devices is the supervisor's.
    // An insecure one has no filter, so that it may set up sandboxes of its own.
    const watching = order.showsDevices || order.isInsecure ? undefined : tools.watching;
    const mayWait = watching?.traps.withNetwork !== undefined;
    const waiting = mayWait && network && !network.isConnected() ? network : undefined;
    // Meanwhile the step is prepared, which then gets the error.
    if (!waiting) network?.connect().catch(() => undefined);
    const watch = watching && watchStep(watching, waiting);
    let isReusable = false;
    try {
      const exit = await runStep(tools, order, io, { network, isWaiting: waiting !== undefined, watch });
      // A step with all capabilities may have changed it.
      isReusable = !order.isInsecure;
      return exit;
    } finally {
      watch?.end();
      if (isReusable && network) networks?.giveBack(network);
      else network?.close();
    }
  };
}

interface Surroundings {
  readonly network: StepNetwork | undefined;
  /** The step begins before the network is connected. */
  readonly isWaiting: boolean;
  readonly watch: StepWatch | undefined;
}

async function runStep(
  tools: LaunchTools,
  order: LaunchOrder,
  io: LaunchIo,
  surroundings: Surroundings,
): Promise<CommandExit> {
  const { calls, ownership, starter, exits } = tools;
  if (io.signal.aborted) throw aborted();
  const outputs = [calls.pipe(), calls.pipe()] as const;
  const writeEnds = outputs.map(({ writeEnd }) => writeEnd);
  const root = ownership.idOnDisk(0);
  // The pipes belong to the container's root, who hands them on to the user of the step.
  for (const end of writeEnds) fchownSync(end, root, root);
  const processes = tools.processes?.begin();
  const others = descriptorsOf(surroundings);
  const launcher = starter.start([...writeEnds, ...others, ...(processes ? [processes.leash] : [])]);
  for (const end of writeEnds) closeSync(end);
  const exited = exits.of(launcher.pid);
  processes?.follow(launcher.pid, exited);
  // Once it is reaped, its number may be another's.
  let isReaped = false;
  void exited.then(() => (isReaped = true));
  const kill = (): void => {
    if (!isReaped) killIfThere(launcher.pid);
  };
  let lost: TsbuildError | undefined;
  const lose = (error: TsbuildError): void => {
    // What has ended by itself did without.
    if (!isReaped) lost ??= error;
    kill();
  };
  const { watch } = surroundings;
  const attendance = attend(tools, lose);
  const traps = watch
    ? callTraps(launcher, watch, surroundings, lose)
    : order.showsDevices
      ? shownDevices(tools, launcher, { order, attendance })
      : undefined;
  io.signal.addEventListener('abort', kill);
  try {
    const read = outputs.map(({ readEnd }, i) =>
      drain(readEnd, (data) => io.onOutput(i === 0 ? 1 : 2, data)),
    );
    const keepers = processes && {
      leash: FIRST_OWN + writeEnds.length + others.length,
      pid: launcher.pid,
      onMade: processes.keep,
    };
    const begun = await begin(launcher, { order, io, surroundings, traps, keepers, attendance });
    if ('failure' in begun) kill();
    const exit = await exited;
    await processes?.end();
    await Promise.all(read);
    if (io.signal.aborted) throw aborted();
    if ('failure' in begun) throw begun.failure;
    if (lost) throw lost;
    await attendance.confirm();
    return { code: exit.code, signal: signalName(exit), stubs: begun.stubs };
  } finally {
    io.signal.removeEventListener('abort', kill);
    attendance.end();
  }
}

/** Those of a launcher that follow its outputs. */
const INLET = FIRST_OWN + 2;

function descriptorsOf({ network, watch }: Surroundings): number[] {
  return [...(watch ? [watch.inlet] : []), ...(network ? [network.fd] : [])];
}

function callTraps(
  launcher: Launcher,
  watch: StepWatch,
  { network, isWaiting }: Surroundings,
  lose: (error: TsbuildError) => void,
): CallTraps {
  return {
    filter: watch.filter,
    watch(listener) {
      launcher.calls.sendDescriptor(INLET, listener);
      watch.begin(launcher, lose);
    },
    async onUntrapped() {
      if (isWaiting) await network?.connect();
    },
  };
}

/** Undefined where calls cannot be trapped: the step sees files. */
function shownDevices(
  { watching, supervisor }: LaunchTools,
  { pid }: Launcher,
  { order, attendance }: { readonly order: LaunchOrder; readonly attendance: Attendance },
): CallTraps | undefined {
  if (!watching || !supervisor) return undefined;
  const { uid, gid, groups } = order;
  const deviceCapabilities = watching.deviceCapabilities.toString(16);
  return {
    filter: watching.traps.shownDevices,
    watch: (listener) => attendance.supervise({ pid, listener, uid, gid, groups, deviceCapabilities }),
    onUntrapped: async () => undefined,
  };
}

interface Beginning {
  readonly order: LaunchOrder;
  readonly io: LaunchIo;
  readonly surroundings: Surroundings;
  readonly traps: CallTraps | undefined;
  readonly keepers: KeeperChannel | undefined;
  readonly attendance: Attendance;
}

/** What a supervisor answers for one step. When it is lost, so is the step. */
interface Attendance {
  supervise(message: Parameters<Supervisor['supervise']>[0]): Promise<void>;
  /** When the step has ended. @throws TsbuildError SANDBOX_FAILED when calls of it may have been left without an answer */
  confirm(): Promise<void>;
  end(): void;
}

function attend({ supervisor }: LaunchTools, lose: (error: TsbuildError) => void): Attendance {
  let confirm: (() => Promise<void>) | undefined;
  let unwatch: (() => void) | undefined;
  return {
    async supervise(message) {
      invariant(supervisor, 'a supervised step was launched beside a supervisor');
      const attending = await supervisor();
      unwatch = attending.watch(lose);
      confirm = attending.confirm;
      await attending.supervise(message);
    },
    confirm: async () => confirm?.(),
    end: () => unwatch?.(),
  };
}

/** The launcher has become the command, or why not. */
async function begin(
  launcher: Launcher,
  { order, io, surroundings, traps, keepers, attendance }: Beginning,
): Promise<{ readonly stubs: readonly Stub[] } | { readonly failure: TsbuildError }> {
  const { uid, gid, groups } = order;
  const { network, isWaiting, watch } = surroundings;
  let stubs: readonly Stub[] = [];
  const channel: LaunchChannel = {
    outputs: [FIRST_OWN, FIRST_OWN + 1],
    ...(network && { network: watch ? INLET + 1 : INLET }),
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

function aborted(): TsbuildError {
  return new TsbuildError('ABORTED', 'the step was interrupted');
}

function signalName({ signal }: ExitStatus): NodeJS.Signals | null {
  const found = Object.entries(constants.signals).find(([, number]) => number === signal);
  return signal === null ? null : ((found?.[0] ?? 'SIGKILL') as NodeJS.Signals);
}

function killIfThere(pid: number): void {
  try {
    process.kill(pid, 'SIGKILL');
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code !== 'ESRCH') throw error;
  }
}

async function drain(fd: number, take: (data: Buffer) => Promise<void>): Promise<void> {
  const output = new Socket({ fd, readable: true, writable: false });
  for await (const data of output) await take(data as Buffer);
}
