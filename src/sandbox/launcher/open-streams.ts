// Both sides of the standard descriptors of a process that a launcher is to become.
import type { Ownership } from '../../rootfs/ownership.js';
import type { LaunchOrder } from '../launch-order.js';
import { openPipes, type ProcessStreams, type TakeOutput } from './process-streams.js';
import type { Standard } from '../standard-descriptors.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { FIRST_OWN, type Launcher } from './start-launcher.js';

export interface OpenStreams extends Omit<ProcessStreams, 'drain'> {
  /** The same, as descriptors of the launcher, which has what was given from FIRST_OWN on. */
  readonly standard: Standard;
  /** The launcher is there: output is taken from now on. */
  begin(launcher: Pick<Launcher, 'pid'>): void;
  /** When all of it was taken. */
  drained(): Promise<void>;
}

interface StreamTools {
  readonly calls: SystemCalls;
  readonly ownership: Ownership;
}

/** @throws SystemCallError without descriptors left, or without terminals */
export async function openStreams(
  tools: StreamTools,
  order: LaunchOrder,
  take: TakeOutput,
): Promise<OpenStreams> {
  return order.terminal ? openTerminal(tools, order, take) : openPipePair(tools, order, take);
}

function openPipePair({ calls, ownership }: StreamTools, order: LaunchOrder, take: TakeOutput): OpenStreams {
  const root = ownership.idOnDisk(0);
  // The pipes belong to root of the sandbox, who gives them to the user of the command.
  const owner = { uid: root, gid: root };
  const pipes = openPipes(calls, { hasInput: order.stdin === 'stream', owner });
  let drained = Promise.resolve();
  return {
    ...pipes,
    standard: {
      kind: 'pipes',
      outputs: [FIRST_OWN, FIRST_OWN + 1],
      ...(pipes.input && { input: FIRST_OWN + 2 }),
    },
    begin: () => void (drained = pipes.drain(take)),
    drained: () => drained,
  };
}

/** With a mount namespace the terminal is one of the devpts in the rootfs, else one of the worker's devpts. */
async function openTerminal(
  { calls }: StreamTools,
  { terminal: size = { columns: 80, rows: 24 }, entry }: LaunchOrder,
  take: TakeOutput,
): Promise<OpenStreams> {
  const { openTerminalStreams } = await import('./terminal-streams.js');
  const isOpened = entry === 'chroot';
  const streams = openTerminalStreams(calls, { size, isOpened });
  let drained = Promise.resolve();
  let pid = -1;
  const onMaster = (master: number): void => {
    streams.adopt(calls.terminals().takeDescriptor(pid, master));
    drained = streams.drain(take);
  };
  return {
    ...streams,
    standard: isOpened ? { kind: 'terminal', peer: FIRST_OWN } : { kind: 'own-terminal', onMaster },
    begin(launcher) {
      pid = launcher.pid;
      if (isOpened) drained = streams.drain(take);
    },
    drained: () => drained,
  };
}
