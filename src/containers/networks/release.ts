// Lets go what a run of a container had of networks: its tool ends, its members' entries go, and so do bridges without
// members. For the one who finishes it; harmless when it was done already.
import { killKnown } from '../../host/known-process.js';
import { leaveNetwork } from '../../sandbox/network/bridge/join-network.js';
import { allMembers } from '../../sandbox/network/bridge/network-files.js';
import type { ContainerState } from '../container-record.js';
import { renewHosts } from './hosts-of.js';
import { isPredefined } from './network-record.js';
import { listNetworkRecords, type NetworkStore } from './network-store.js';

/**
 * @param state of the run that has ended; absent when it never began
 * @throws TsbuildError STORE_*, ABORTED
 */
export async function releaseNetworks(
  store: NetworkStore,
  { id }: { readonly id: string },
  state: Pick<ContainerState, 'helpers'> | undefined,
): Promise<void> {
  for (const helper of state?.helpers ?? []) killKnown(helper);
  const own = listNetworkRecords(store.paths).filter((network) => !isPredefined(network));
  for (const network of own) {
    const files = store.paths.network(network.id);
    const entry = allMembers(files).find(({ containerId }) => containerId === id);
    if (!entry) continue;
    await leaveNetwork(await store.calls(), files, entry.endpointId, { signal: store.signal });
    renewHosts(store.paths, [network.id]);
  }
}
