// Networks of steps. No two steps have one at the same time; one that is free again is used by the next step, as BuildKit's pool does
// (util/network/cniprovider): its processes, and with them its sockets, are gone.
import { TsbuildError } from '../../core/errors.js';
import type { OwnSystemCalls } from '../../host/syscalls/system-calls.js';
import { makeStepNetwork, type StepNetwork, type StepNetworkOptions } from './private-network.js';

export interface StepNetworkPool {
  /** @throws TsbuildError SANDBOX_NO_NETWORK when there can be none */
  take(): StepNetwork;
  giveBack(network: StepNetwork): void;
}

/** The first network is made at once: a worker exists because a step is to come. */
export function createStepNetworkPool(calls: OwnSystemCalls, options: StepNetworkOptions): StepNetworkPool {
  const free = makeAhead(calls, options);
  return {
    take() {
      // What was paid for is used again, else the last one.
      const connected = free.findIndex((network) => network.isConnected());
      return free.splice(connected, 1)[0] ?? makeStepNetwork(calls, options);
    },
    giveBack: (network) => void free.push(network),
  };
}

/** None when there can be none: the step that wants one gets the error, and the worker serves those that do not. */
function makeAhead(calls: OwnSystemCalls, options: StepNetworkOptions): StepNetwork[] {
  try {
    return [makeStepNetwork(calls, options)];
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'SANDBOX_NO_NETWORK') return [];
    throw error;
  }
}
