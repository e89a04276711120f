// What is there beside a command while it runs: its network, and a watcher of its calls.
import type { LaunchOrder } from '../launch-order.js';
import type { PrivateNetwork, PrivateNetworks } from '../network/private-network.js';
import { watchProcess, type ProcessWatch, type WatchTools } from './watch-process.js';

export interface Surroundings {
  readonly network: PrivateNetwork | undefined;
  /** The command starts before its network is connected. */
  readonly isWaiting: boolean;
  readonly watch: ProcessWatch | undefined;
  /** To be called once. `isGood`: the command ended by itself, so another command can use its network. */
  end(outcome: { readonly isGood: boolean }): void;
}

export interface SurroundingsTools {
  readonly networks?: PrivateNetworks | undefined;
  readonly watching?: WatchTools | undefined;
}

export function surround({ networks, watching: tools }: SurroundingsTools, order: LaunchOrder): Surroundings {
  const network = order.network === 'private' ? networks?.take() : undefined;
  // A command can have one listener. Where it sees devices, the supervisor has it. An insecure command gets no filter,
  // so that it may set up sandboxes of its own.
  const watching = order.showsDevices || order.isInsecure ? undefined : tools;
  const mayWait = watching?.traps.withNetwork !== undefined;
  const waiting = mayWait && network && !network.isConnected() ? network : undefined;
  // The launcher is prepared meanwhile. It awaits the same connection, and gets the error.
  if (!waiting) network?.connect().catch(() => undefined);
  const leaveNetwork = (isReusable: boolean): void => {
    if (isReusable && network) networks?.giveBack(network);
    else network?.close();
  };
  try {
    const watch = watching && watchProcess(watching, waiting);
    return {
      network,
      isWaiting: waiting !== undefined,
      watch,
      end({ isGood }) {
        watch?.end();
        // A command with all capabilities may have changed its network.
        leaveNetwork(isGood && !order.isInsecure);
      },
    };
  } catch (error) {
    leaveNetwork(false);
    throw error;
  }
}

/**
 * Descriptors for a launcher, behind its standard ones: the socket to send its listener to, and the network namespace.
 */
export function descriptorsOf({ network, watch }: Surroundings): number[] {
  return [...(watch ? [watch.inlet] : []), ...(network ? [network.fd] : [])];
}
