// What the parts of a start share (start-container.ts): who starts it, what is started, and what is known on the way.
import type { KnownProcess } from '../../host/known-process.js';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import type { Ownership } from '../../rootfs/ownership.js';
import type { LauncherStarter } from '../../sandbox/launcher/start-launcher.js';
import type { PortForward } from '../../sandbox/network/container-tool.js';
import type { ContainerProcess } from './container-process.js';
import type { Supervisor } from '../../sandbox/launcher/supervisor-process.js';
import type { ContainerRootfs } from './open-container.js';

export interface StartTools {
  readonly calls: OwnSystemCalls;
  /** Where containers have one id. */
  readonly hasOneId?: boolean;
  /** Starts what answers for the ids of a container with one id; absent where its root has that id alone. */
  readonly supervisor?: (() => Supervisor) | undefined;
  readonly ownership: Ownership;
  /** Of launchers in the user namespace of this worker. */
  readonly starter: LauncherStarter;
}

export interface ContainerRun {
  readonly process: ContainerProcess;
  readonly rootfs: ContainerRootfs;
  /** The container's folder. */
  readonly directory: string;
}

/** What is known when everything stands but the command. */
export interface ReadyContainer {
  readonly pid: number;
  readonly helpers: readonly KnownProcess[];
  readonly ports: readonly PortForward[];
  /** The monitor's descriptor of the input, or of the terminal's master. */
  readonly input?: number | undefined;
  readonly cgroup?: string | undefined;
}

/** What the monitor looks after. Descriptors are its own. */
export interface MonitoredCommand {
  readonly pid: number;
  /** With a terminal its master, else as `Monitor` has it. */
  readonly master?: number | undefined;
}
