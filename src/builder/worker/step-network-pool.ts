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
  close(): void;
}

export interface StepNetworkPool {
  /** @throws TsbuildError SANDBOX_NO_NETWORK */
  take(): Promise<StepNetwork>;
  giveBack(network: StepNetwork): void;
}

export interface PoolOptions {
  readonly tool: NetworkTool;
  readonly starter: LauncherStarter;
  readonly exits: ChildExits;
}

/** The first network is connected at once: a worker exists because a step is to come. */
export function createStepNetworkPool(calls: SystemCalls, options: PoolOptions): StepNetworkPool {
  const free: StepNetwork[] = [];
  let first: Promise<StepNetwork> | undefined = connect(calls, options);
  // Whoever takes it gets the error.
  first.catch(() => undefined);
  return {
    async take() {
      const ahead = first;
      first = undefined;
      return ahead ?? free.pop() ?? connect(calls, options);
    },
    giveBack: (network) => void free.push(network),
  };
}

async function connect(calls: SystemCalls, options: PoolOptions): Promise<StepNetwork> {
  // It holds the namespace, by which the tool knows that it is in use.
  const holder = options.starter.start([]);
  void options.exits.of(holder.pid);
  let attached: AttachedNetwork | undefined;
  try {
    // Still as the invoking user, whose processes the tool may look at.
    holder.calls.unshare(CLONE_NEWNET);
    attached = await attachNetwork(calls, options.tool, holder.pid);
    const fd = openSync(`/proc/${holder.pid}/ns/net`, 'r');
    return { fd, close: () => close(attached, fd, holder) };
  } catch (error) {
    attached?.close();
    holder.close();
    throw error;
  }
}

function close(attached: AttachedNetwork | undefined, fd: number, holder: Launcher): void {
  attached?.close();
  closeSync(fd);
  holder.close();
}
