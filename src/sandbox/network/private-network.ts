// A network namespace with `lo` up that one command after the other uses. pasta or slirp4netns connects it when a
// command needs that.
import { TsbuildError } from '../../core/errors.js';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import type { AttachedNetwork } from './attach-network.js';
import type { NetworkTool } from './network-tool.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { CLONE_NEWNET } from '../../host/syscalls/process-calls.js';
import type { ChildExits } from '../launcher/child-exits.js';
import type { Launcher, LauncherStarter } from '../launcher/start-launcher.js';

export interface PrivateNetwork {
  /** Descriptor of the namespace. */
  readonly fd: number;
  /** Whether it is connected, or on the way to it. */
  isConnected(): boolean;
  /** Resolves when it leads outside. @throws TsbuildError SANDBOX_NO_NETWORK */
  connect(): Promise<void>;
  close(): void;
}

export interface PrivateNetworkOptions {
  readonly tool: NetworkTool;
  readonly starter: LauncherStarter;
  readonly exits: ChildExits;
  /** It is connected when it is asked for; else from the start. */
  readonly isOnDemand: boolean;
}

/** @throws TsbuildError SANDBOX_NO_NETWORK when the kernel refuses one, or the tool is no program */
function makePrivateNetwork(calls: OwnSystemCalls, options: PrivateNetworkOptions): PrivateNetwork {
  const { starter, exits, tool, isOnDemand } = options;
  requireExecutable(tool);
  // It holds the namespace, by which the tool knows that it is in use.
  const holder = starter.start([]);
  void exits.of(holder.pid);
  const fd = makeNamespace(holder);
  let attached: Promise<AttachedNetwork> | undefined;

  async function attach(): Promise<AttachedNetwork> {
    const { attachNetwork } = await import('./attach-network.js');
    const network = await attachNetwork(calls, tool, holder.pid);
    // Whoever wants to be connected later gets another tool: the devices of one that is gone are gone too.
    void network.ended.then(() => (attached = undefined));
    return network;
  }

  async function connect(): Promise<void> {
    attached ??= attach();
    await attached;
  }

  // Whoever takes it gets the error.
  if (!isOnDemand) connect().catch(() => undefined);
  return {
    fd,
    connect,
    isConnected: () => attached !== undefined,
    close() {
      attached?.then(
        (network) => network.close(),
        () => undefined,
      );
      closeSync(fd);
      holder.close();
    },
  };
}

/** Looked for early, so that the error comes before the command starts, and not at its first socket. */
function requireExecutable({ name, program }: NetworkTool): void {
  try {
    accessSync(program, constants.X_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw noNetwork(`${name} cannot connect a network: ${reason}`, cause);
  }
}

/**
 * Still as the invoking user, whose processes the tool may look at.
 * @returns a descriptor of the holder's network namespace
 */
function makeNamespace({ pid, calls, close }: Launcher): number {
  try {
    calls.unshare(CLONE_NEWNET);
    calls.bringLoopbackUp();
    // Holding it needs none.
    calls.setCapabilities(0n);
    return openSync(`/proc/${pid}/ns/net`, 'r');
  } catch (cause) {
    close();
    const reason = isSystemCallError(cause) ? cause.message : String(cause);
    throw noNetwork(`the kernel refuses a network namespace: ${reason}`, cause);
  }
}

function noNetwork(message: string, cause: unknown): TsbuildError {
  return new TsbuildError('SANDBOX_NO_NETWORK', message, {
    hint: 'use --network host, or --network none',
    cause,
  });
}

/**
 * No two processes have one at the same time; one that is free again is used by the next process, as BuildKit's pool
 * does (util/network/cniprovider): its processes, and with them its sockets, are gone.
 */
export interface PrivateNetworks {
  /** @throws TsbuildError SANDBOX_NO_NETWORK when there can be none */
  take(): PrivateNetwork;
  giveBack(network: PrivateNetwork): void;
}

/** The first network is made at once: a worker exists because a process is to come. */
export function createPrivateNetworks(
  calls: OwnSystemCalls,
  options: PrivateNetworkOptions,
): PrivateNetworks {
  const free = makeAhead(calls, options);
  return {
    take() {
      // What was paid for is used again, else the last one.
      const connected = free.findIndex((network) => network.isConnected());
      return free.splice(connected, 1)[0] ?? makePrivateNetwork(calls, options);
    },
    giveBack: (network) => void free.push(network),
  };
}

/** None when there can be none: the process that wants one gets the error, and the worker serves those that do not. */
function makeAhead(calls: OwnSystemCalls, options: PrivateNetworkOptions): PrivateNetwork[] {
  try {
    return [makePrivateNetwork(calls, options)];
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'SANDBOX_NO_NETWORK') return [];
    throw error;
  }
}
