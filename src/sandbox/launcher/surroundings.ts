// What a process has beside itself while it lives: a network, and somebody who watches its calls.
import type { LaunchOrder } from '../launch-order.js';
import type { PrivateNetwork, PrivateNetworks } from '../network/private-network.js';
import { watchProcess, type ProcessWatch, type WatchTools } from './watch-process.js';

export interface Surroundings {
  readonly network: PrivateNetwork | undefined;
  /** The process begins before the network is connected. */
  readonly isWaiting: boolean;
  readonly watch: ProcessWatch | undefined;
  /** Once. `isGood`: the process has ended as processes do, and what it had can be another's. */
  end(outcome: { readonly isGood: boolean }): void;
}

export interface SurroundingsTools {
  readonly networks?: PrivateNetworks | undefined;
  readonly watching?: WatchTools | undefined;
}

export function surround({ networks, watching: tools }: SurroundingsTools, order: LaunchOrder): Surroundings {
  const network = order.network === 'private' ? networks?.take() : undefined;
  // A process can have one listener, and that of one which sees devices is the supervisor's.
  // An insecure one has no filter, so that it may set up sandboxes of its own.
  const watching = order.showsDevices || order.isInsecure ? undefined : tools;
  const mayWait = watching?.traps.withNetwork !== undefined;
  const waiting = mayWait && network && !network.isConnected() ? network : undefined;
  // Meanwhile the process is prepared, which then gets the error.
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
        // A process with all capabilities may have changed it.
        leaveNetwork(isGood && !order.isInsecure);
      },
    };
  } catch (error) {
    leaveNetwork(false);
    throw error;
  }
}

/** For a launcher, behind its standard ones: where listeners are sent, and the namespace. */
export function descriptorsOf({ network, watch }: Surroundings): number[] {
  return [...(watch ? [watch.inlet] : []), ...(network ? [network.fd] : [])];
}
