// Networks of steps: a namespace each, connected by pasta or slirp4netns. No two steps have one at the same time; one that is free again is
// used by the next step, as BuildKit's pool does (util/network/cniprovider): its processes, and with them its sockets, are gone.
import { closeSync, openSync } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
import { attachNetwork, type AttachedNetwork } from '../network/attach-network.js';
import type { NetworkTool } from '../network/network-tool.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { isSystemCallError } from '../sandbox/syscalls/binding.js';
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
  /** @throws TsbuildError SANDBOX_NO_NETWORK when the kernel refuses one */
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
  const free = connectAhead(calls, options);
  return {
    take: () => free.pop() ?? connect(calls, options),
    giveBack: (network) => void free.push(network),
  };
}

/** None when the kernel refuses it: the step that wants one gets the error, and the worker serves those that do not. */
function connectAhead(calls: SystemCalls, options: PoolOptions): StepNetwork[] {
  try {
    return [connect(calls, options)];
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'SANDBOX_NO_NETWORK') return [];
    throw error;
  }
}

function connect(calls: SystemCalls, { starter, exits, tool }: PoolOptions): StepNetwork {
  // It holds the namespace, by which the tool knows that it is in use.
  const holder = starter.start([]);
  void exits.of(holder.pid);
  makeNamespace(holder);
  const fd = openSync(`/proc/${holder.pid}/ns/net`, 'r');
  const attached = attachNetwork(calls, tool, holder.pid);
  const connected = attached.then(() => undefined);
  // Whoever takes it gets the error.
  connected.catch(() => undefined);
  return { fd, connected, close: () => close(attached, fd, holder) };
}

/** Still as the invoking user, whose processes the tool may look at. */
function makeNamespace(holder: Launcher): void {
  try {
    holder.calls.unshare(CLONE_NEWNET);
  } catch (cause) {
    holder.close();
    const reason = isSystemCallError(cause) ? cause.message : String(cause);
    throw new TsbuildError('SANDBOX_NO_NETWORK', `the kernel refuses a network namespace: ${reason}`, {
      hint: 'use --network host, or --network none',
      cause,
    });
  }
}

function close(attached: Promise<AttachedNetwork>, fd: number, holder: Launcher): void {
  attached.then(
    (network) => network.close(),
    () => undefined,
  );
  closeSync(fd);
  holder.close();
}
