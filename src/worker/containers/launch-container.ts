// The process that becomes the command of a container, as a child of its monitor.
import { closeSync, existsSync, openSync, writeFileSync } from 'node:fs';
import { basename, join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { assertIds } from '../../rootfs/id-spans.js';
import { createControlGroup, type ControlGroup } from '../../sandbox/cgroup/control-groups.js';
import { launch, type LaunchChannel } from '../../sandbox/launch.js';
import { launcherStarterBy } from '../../sandbox/launcher/parent-launcher.js';
import { FIRST_OWN, type Launcher, type LauncherStarter } from '../../sandbox/launcher/start-launcher.js';
import type { ConnectedContainer } from '../../sandbox/network/connect-container.js';
import { initMessage } from '../../sandbox/monitor/init-message.js';
import type { Standard } from '../../sandbox/standard-descriptors.js';
import { filterOf } from './container-filter.js';
import { containerOrder } from './container-order.js';
import type { ContainerProcess } from './container-process.js';
import type { ContainerRun, MonitoredCommand, ReadyContainer, StartTools } from './container-run.js';
import type { Monitor } from './monitor-process.js';

export interface LaunchOptions {
  /** The command is executed when it has resolved. */
  readonly onReady: (ready: ReadyContainer) => Promise<void>;
  /** Of the connecting of its network. */
  readonly signal: AbortSignal;
}

/**
 * @throws TsbuildError SANDBOX_* | LAYER_UNSAFE | STEP_NOT_FOUND | COPY_NOT_FOUND
 */
export async function launchContainer(
  tools: StartTools,
  run: ContainerRun,
  monitor: Monitor,
  { onReady, signal }: LaunchOptions,
): Promise<MonitoredCommand> {
  const { ownership } = tools;
  const { process, rootfs, directory } = run;
  assertIds(ownership.ids, process, () => 'the user of the container is');
  const entered = openEntered(process);
  let group: ControlGroup | undefined;
  try {
    const starter = starterOf(tools, monitor, process);
    const given = [...monitor.given, ...entered.map(({ fd }) => fd)];
    const isBeside = process.joined.pid === 'host';
    const launcher = starter.start(given, { isBeside });
    monitor.handOver();
    const numberOf = (kind: Entered['kind']): number | undefined => {
      const found = entered.findIndex((one) => one.kind === kind);
      return found === -1 ? undefined : FIRST_OWN + monitor.given.length + found;
    };
    group = process.controlGroups && createControlGroup(process.controlGroups, basename(directory));
    group?.add(launcher.pid);
    setOomScore(launcher.pid, process.oomScoreAdj);
    let master: number | undefined;
    const ipc = numberOf('ipc');
    const order = containerOrder(process, {
      rootfs: rootfs.target,
      scratch: join(directory, 'rootfs', 'scratch'),
      filter: filterOf(process),
      entered: ipc === undefined ? {} : { ipc },
      isOnHost: existsSync,
    });
    const channel: LaunchChannel = {
      standard: standardOf(process, monitor, launcher, (fd) => (master = fd)),
      network: numberOf('net'),
      init: process.isInitAdded && !isBeside ? () => void launcher.order(initMessage()) : undefined,
      onReady: async () =>
        onReady({
          pid: launcher.pid,
          ...(await connect(tools, run, monitor, { pid: launcher.pid, signal })),
          input: process.hasInput ? (master ?? monitor.input) : master,
        }),
      supervise: async () => undefined,
    };
    await launch(launcher.calls, order, channel);
    launcher.close();
    return { pid: launcher.pid, master };
  } catch (error) {
    group?.remove();
    throw error;
  } finally {
    for (const { fd } of entered) closeSync(fd);
  }
}

async function connect(
  { calls, starter }: StartTools,
  { process, directory }: ContainerRun,
  { parent }: Monitor,
  { pid, signal }: { readonly pid: number; readonly signal: AbortSignal },
): Promise<ConnectedContainer> {
  const { connection } = process;
  if (!connection) return { ports: [], helpers: [] };
  const { connectContainer } = await import('../../sandbox/network/connect-container.js');
  const outside = {
    calls,
    starter: launcherStarterBy(calls, parent),
    // Its path has to be short.
    apiSocket: `/tmp/.tsbuild-${basename(directory).slice(0, 24)}`,
  };
  return connectContainer({ calls, starter, outside }, connection, pid, signal);
}

/** Who joins the network of another container joins its users too: a network belongs to them. */
function starterOf(
  { calls, ownership }: StartTools,
  { parent }: Monitor,
  { network }: ContainerProcess,
): LauncherStarter {
  if (typeof network === 'string') return launcherStarterBy(calls, parent, { ownership });
  const namespace = openSync(`/proc/${network.joined}/ns/user`, 'r');
  try {
    return launcherStarterBy(calls, parent, { namespace });
  } finally {
    closeSync(namespace);
  }
}

interface Entered {
  readonly kind: 'net' | 'ipc';
  readonly fd: number;
}

/** Namespaces of other processes that are entered. */
function openEntered({ network, joined }: ContainerProcess): Entered[] {
  const open = (kind: Entered['kind'], pid: number): Entered => ({
    kind,
    fd: openSync(`/proc/${pid}/ns/${kind}`, 'r'),
  });
  return [
    ...(typeof network === 'object' ? [open('net', network.joined)] : []),
    ...(typeof joined.ipc === 'number' ? [open('ipc', joined.ipc)] : []),
  ];
}

function standardOf(
  { terminal, hasInput }: ContainerProcess,
  { parent }: Monitor,
  launcher: Launcher,
  onMaster: (fd: number) => void,
): Standard {
  if (!terminal)
    return {
      kind: 'pipes',
      outputs: [FIRST_OWN, FIRST_OWN + 1],
      ...(hasInput && { input: FIRST_OWN + 2 }),
    };
  const terminals = parent.launcher.calls.terminals();
  return {
    kind: 'own-terminal',
    onMaster: (master) => {
      const taken = terminals.takeDescriptor(launcher.pid, master);
      terminals.resizeTerminal(taken, terminal);
      onMaster(taken);
    },
  };
}

function setOomScore(pid: number, score: number): void {
  if (score === 0) return;
  try {
    writeFileSync(`/proc/${pid}/oom_score_adj`, String(score));
  } catch (cause) {
    throw new TsbuildError('OPTION_INVALID', `--oom-score-adj ${score}: the kernel refuses it to this user`, {
      hint: 'use a number that is not below that of the session, mostly 0',
      cause,
    });
  }
}
