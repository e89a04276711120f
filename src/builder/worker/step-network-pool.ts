// Networks of steps: a namespace each, connected by pasta or slirp4netns. No two steps have one at the same time; one that is free again is
// used by the next step, as BuildKit's pool does (util/network/cniprovider): its processes, and with them its sockets, are gone.
import { closeSync, openSync } from 'node:fs';
import { attachNetwork, type AttachedNetwork } from '../network/attach-network.js';
import type { NetworkTool } from '../network/network-tool.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { CLONE_NEWNET } from '../sandbox/syscalls/process-calls.js';
import type { ChildExits } from './child-exits.js';
import type { Launcher, LauncherStarter } from './start-launcher.js';

export interface StepNetwork {
  /** Descriptor of the namespace. */
  readonly fd: number;
  /** It leads outside. @throws TsbuildError SANDBOX_NO_NETWORK */
  readonly connected: Promise<void>;
  close(): void;
}

export interface StepNetworkPool {
  take(): StepNetwork;
  giveBack(network: StepNetwork): void;
}

export interface PoolOptions {
  readonly tool: NetworkTool;
  readonly starter: LauncherStarter;
  readonly exits: ChildExits;
}

/** The first network is connected at once: a worker exists because a step is to come. */
export function createStepNetworkPool(calls: SystemCalls, options: PoolOptions): StepNetworkPool {
  const free = [connect(calls, options)];
  return {
    take: () => free.pop() ?? connect(calls, options),
    giveBack: (network) => void free.push(network),
  };
}

function connect(calls: SystemCalls, { starter, exits, tool }: PoolOptions): StepNetwork {
  // It holds the namespace, by which the tool knows that it is in use.
  const holder = starter.start([]);
  void exits.of(holder.pid);
  // Still as the invoking user, whose processes the tool may look at.
  holder.calls.unshare(CLONE_NEWNET);
  const fd = openSync(`/proc/${holder.pid}/ns/net`, 'r');
  const attached = attachNetwork(calls, tool, holder.pid);
  const connected = attached.then(() => undefined);
  // Whoever takes it gets the error.
  connected.catch(() => undefined);
  return { fd, connected, close: () => close(attached, fd, holder) };
}

function close(attached: Promise<AttachedNetwork>, fd: number, holder: Launcher): void {
  attached.then(
    (network) => network.close(),
    () => undefined,
  );
  closeSync(fd);
  holder.close();
}
