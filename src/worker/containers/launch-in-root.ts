// The command of a container where there are no namespaces: a child of the monitor in another root directory. When the
// monitor ends, also by a signal, the ender kills everything of the container (syscalls/keeper-calls.ts): the monitor
// alone has the other end of the ender's pipe. What it misses the finisher finds by its root directory.
import { closeSync, writeFileSync } from 'node:fs';
import { fromUtf8 } from '../../core/bytes.js';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import type { HeldTurn } from '../../sandbox/chroot/take-turn.js';
import { launchInChroot } from '../../sandbox/chroot/launch-chroot.js';
import type { Confinement } from '../../sandbox/confinement.js';
import { launcherStarterBy } from '../../sandbox/launcher/parent-launcher.js';
import { FIRST_OWN } from '../../sandbox/launcher/start-launcher.js';
import type { Standard } from '../../sandbox/standard-descriptors.js';
import { chrootOrder } from './chroot-order.js';
import type { ContainerProcess } from './container-process.js';
import type { ContainerRun, MonitoredCommand, ReadyContainer, StartTools } from './container-run.js';
import type { Monitor } from './monitor-process.js';

export interface RootLaunch {
  readonly monitor: Monitor;
  readonly confinement: Confinement;
  /** Held by the monitor from now on. */
  readonly turn: HeldTurn | undefined;
  /** The command is executed when it has resolved. */
  readonly onReady: (ready: ReadyContainer) => Promise<void>;
}

/** @throws TsbuildError SANDBOX_* | LAYER_UNSAFE | STEP_NOT_FOUND */
export async function launchInRoot(
  { calls }: StartTools,
  { process, rootfs }: ContainerRun,
  { monitor, confinement, turn, onReady }: RootLaunch,
): Promise<MonitoredCommand> {
  const leash = calls.pipe();
  const terminal = process.terminal && openTerminal(calls, process.terminal);
  const peers = terminal ? [terminal.peer] : [];
  try {
    const given = [...monitor.given, ...peers, leash.readEnd];
    const launcher = launcherStarterBy(calls, monitor.parent).start(given, { isBeside: true });
    monitor.handOver();
    monitor.parent.give(leash.writeEnd);
    if (turn) monitor.parent.give(turn.descriptor);
    if (process.oomScoreAdj !== 0)
      writeFileSync(`/proc/${launcher.pid}/oom_score_adj`, String(process.oomScoreAdj));
    const master = terminal && monitor.parent.give(terminal.master);
    const order = chrootOrder(process, { rootfs: rootfs.target, confinement });
    await launchInChroot(launcher.calls, order, {
      standard: standardOf(process, monitor),
      onReady: () =>
        onReady({
          pid: launcher.pid,
          ports: [],
          helpers: [],
          input: process.hasInput ? (master ?? monitor.input) : master,
        }),
      supervise: async () => undefined,
      keepers: { leash: FIRST_OWN + given.length - 1, pid: launcher.pid, onMade: () => undefined },
    });
    launcher.close();
    return { pid: launcher.pid, master };
  } finally {
    const opened = [leash.readEnd, leash.writeEnd, ...(terminal ? [terminal.master, terminal.peer] : [])];
    for (const fd of opened) closeSync(fd);
    turn?.end();
  }
}

function openTerminal(
  calls: OwnSystemCalls,
  size: NonNullable<ContainerProcess['terminal']>,
): { readonly master: number; readonly peer: number } {
  const terminals = calls.terminals();
  const opened = terminals.openTerminal(fromUtf8('/dev/ptmx'));
  terminals.resizeTerminal(opened.master, size);
  return opened;
}

function standardOf({ terminal, hasInput }: ContainerProcess, { given }: Monitor): Standard {
  if (terminal) return { kind: 'terminal', peer: FIRST_OWN + given.length };
  return {
    kind: 'pipes',
    outputs: [FIRST_OWN, FIRST_OWN + 1],
    ...(hasInput && { input: FIRST_OWN + 2 }),
  };
}
