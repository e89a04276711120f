// What differs in a start between rungs with namespaces and without.
import type { ContainerRun, MonitoredCommand, ReadyContainer } from './container-run.js';
import type { ContainerStreams } from './container-streams.js';
import type { Monitor } from './monitor-process.js';

export interface LaunchOptions {
  /** The command is executed when it has resolved. */
  readonly onReady: (ready: ReadyContainer) => Promise<void>;
  /** Of the connecting of its network. */
  readonly signal: AbortSignal;
}

/** How the command of a container comes to be, which differs where there are no namespaces. */
export interface ContainerLauncher {
  /** Called once nobody else can start the container. */
  openStreams(run: ContainerRun): ContainerStreams;
  launch(run: ContainerRun, monitor: Monitor, options: LaunchOptions): Promise<MonitoredCommand>;
}
