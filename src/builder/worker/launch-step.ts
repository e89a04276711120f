// Follows one step from its order to its end: launcher, output, exit.
import { closeSync, fchownSync } from 'node:fs';
import { Socket } from 'node:net';
import { constants } from 'node:os';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { StepGroup } from '../cgroup/step-group.js';
import type { Ownership } from '../rootfs/ownership.js';
import { failureOf, errorOf } from '../sandbox/failure-message.js';
import type { LaunchOrder } from '../sandbox/launch-order.js';
import { launchInChroot } from '../sandbox/launch-chroot.js';
import { launch, type LaunchChannel, type SocketTraps } from '../sandbox/launch.js';
import type { Stub } from '../sandbox/path-in-root.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import type { ExitStatus } from '../sandbox/syscalls/process-calls.js';
import type { ChildExits } from './child-exits.js';
import type { StepNetwork, WaitingNetwork } from './step-network.js';
import type { StepNetworkPool } from './step-network-pool.js';
import { FIRST_OWN, type Launcher, type LauncherStarter } from './start-launcher.js';
import type { Supervisor } from './supervisor-process.js';

export interface LaunchTools {
  readonly calls: SystemCalls;
  readonly ownership: Ownership;
  readonly starter: LauncherStarter;
  readonly exits: ChildExits;
  /** Absent where steps have no network of their own. */
  readonly networks?: StepNetworkPool | undefined;
  /** Takes over the notifications of supervised steps. */
  readonly supervisor?: Supervisor | undefined;
  /** Learns the process of each step, and when it has ended. */
  readonly follow?: (pid: number, exited: Promise<unknown>) => void;
  /** Ends what the command left running, and with it its output, where no pid namespace does. */
  readonly endLeftOvers?: () => Promise<void>;
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
}

/** @throws TsbuildError SANDBOX_FAILED | SANDBOX_NO_NETWORK | LAYER_UNSAFE | STEP_NOT_FOUND | ABORTED */
export type LaunchStep = (order: LaunchOrder, io: LaunchIo) => Promise<CommandExit>;

export function stepLauncher(tools: LaunchTools): LaunchStep {
  return async (order, io) => {
    const { networks } = tools;
    if (order.network !== 'private' || !networks) return runStep(tools, order, io, undefined);
    const network = networks.take();
    // Nothing tells when an insecure step asks for a socket.
    const waiting = order.isInsecure ? undefined : network.waiting();
    // Meanwhile the step is prepared, which then gets the error.
    if (!waiting) network.connect().catch(() => undefined);
    let isReusable = false;
    try {
      const exit = await runStep(tools, order, io, { ...network, waiting });
      // A step with all capabilities may have changed it.
      isReusable = !order.isInsecure;
      return exit;
    } finally {
      if (isReusable) networks.giveBack(network);
      else network.close();
    }
  };
}

interface TakenNetwork extends Pick<StepNetwork, 'fd' | 'connect'> {
  /** Absent: the step begins when it is connected. */
  readonly waiting: WaitingNetwork | undefined;
}

async function runStep(
  tools: LaunchTools,
  order: LaunchOrder,
  io: LaunchIo,
  network: TakenNetwork | undefined,
): Promise<CommandExit> {
  const { calls, ownership, starter, exits } = tools;
  if (io.signal.aborted) throw aborted();
  const outputs = [calls.pipe(), calls.pipe()] as const;
  const writeEnds = outputs.map(({ writeEnd }) => writeEnd);
  const root = ownership.idOnDisk(0);
  // The pipes belong to the container's root, who hands them on to the user of the step.
  for (const end of writeEnds) fchownSync(end, root, root);
  const launcher = starter.start([...writeEnds, ...descriptorsOf(network)]);
  for (const end of writeEnds) closeSync(end);
  const exited = exits.of(launcher.pid);
  tools.follow?.(launcher.pid, exited);
  // Once it is reaped, its number may be another's.
  let isReaped = false;
  void exited.then(() => (isReaped = true));
  const kill = (): void => {
    if (!isReaped) killIfThere(launcher.pid);
  };
  let lost: TsbuildError | undefined;
  const lose = (error: TsbuildError): void => {
    // What has ended by itself did without a network.
    if (!isReaped) lost ??= error;
    kill();
  };
  const sockets = network?.waiting && socketTraps(launcher, network, network.waiting, lose);
  const unwatch = tools.supervisor?.watch(lose);
  io.signal.addEventListener('abort', kill);
  try {
    const read = outputs.map(({ readEnd }, i) =>
      drain(readEnd, (data) => io.onOutput(i === 0 ? 1 : 2, data)),
    );
    const begun = await begin(tools, launcher, { order, io, network, sockets });
    if ('failure' in begun) kill();
    const exit = await exited;
    await tools.endLeftOvers?.();
    await Promise.all(read);
    if (io.signal.aborted) throw aborted();
    if ('failure' in begun) throw begun.failure;
    if (lost) throw lost;
    await tools.supervisor?.confirm();
    return { code: exit.code, signal: signalName(exit), stubs: begun.stubs };
  } finally {
    io.signal.removeEventListener('abort', kill);
    sockets?.end();
    unwatch?.();
  }
}

/** Those of a launcher that follow its outputs. */
const NETWORK = FIRST_OWN + 2;
const INLET = NETWORK + 1;

function descriptorsOf(network: TakenNetwork | undefined): number[] {
  if (!network) return [];
  return network.waiting ? [network.fd, network.waiting.inlet] : [network.fd];
}

function socketTraps(
  { calls }: Launcher,
  { connect }: TakenNetwork,
  { filter, watch }: WaitingNetwork,
  lose: (error: TsbuildError) => void,
): SocketTraps & { end(): void } {
  let end: (() => void) | undefined;
  return {
    filter,
    connect,
    watch(listener) {
      calls.sendDescriptor(INLET, listener);
      end = watch(lose);
    },
    end: () => end?.(),
  };
}

interface Beginning {
  readonly order: LaunchOrder;
  readonly io: LaunchIo;
  readonly network: TakenNetwork | undefined;
  readonly sockets: SocketTraps | undefined;
}

/** The launcher has become the command, or why not. */
async function begin(
  { supervisor }: LaunchTools,
  launcher: Launcher,
  { order, io, network, sockets }: Beginning,
): Promise<{ readonly stubs: readonly Stub[] } | { readonly failure: TsbuildError }> {
  const { uid, gid, groups } = order;
  let stubs: readonly Stub[] = [];
  const channel: LaunchChannel = {
    outputs: [FIRST_OWN, FIRST_OWN + 1],
    ...(network && { network: NETWORK }),
    sockets,
    onReady: async (made) => {
      stubs = made;
      if (!sockets) await network?.connect();
    },
    supervise: async (listener) => {
      invariant(supervisor, 'a supervised step was launched beside a supervisor');
      await supervisor.supervise({ pid: launcher.pid, listener, uid, gid, groups });
    },
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
