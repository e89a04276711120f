// Gives a container its address on a user network before it runs, so that the files that it starts with can say it. The
// address is its own as long as the process that starts it lives, and then as long as the container does.
import { knownProcess } from '../../host/known-process.js';
import { invariant } from '../../core/errors.js';
import { chooseAddress, macAddressOf } from '../../sandbox/network/bridge/addresses.js';
import { readMembers, underLock, writeMembers } from '../../sandbox/network/bridge/network-files.js';
import type { NetworkPlug } from '../../sandbox/network/bridge/join-network.js';
import { ipv4Text, parseBlock, parseIpv4 } from '../../sandbox/network/ipv4.js';
import type { ContainerRecord, NetworkAttachment } from '../container-record.js';
import { memberNames } from './attachments.js';
import type { NetworkRecord } from './network-record.js';
import type { NetworkStore } from './network-store.js';

export interface Reservation {
  readonly plug: NetworkPlug;
  /** With the address. */
  readonly attachment: NetworkAttachment;
}

/** @throws TsbuildError NETWORK_ADDRESS, ABORTED */
export async function reserveAddress(
  { calls, paths, signal }: NetworkStore,
  { id, name, addresses }: NetworkRecord,
  record: ContainerRecord,
  attachment: NetworkAttachment,
): Promise<Reservation> {
  const files = paths.network(id);
  const subnet = addresses && parseBlock(addresses.subnet);
  const gateway = addresses && parseIpv4(addresses.gateway);
  invariant(addresses && subnet && gateway !== undefined, 'a user network has addresses');
  const range = addresses.ipRange === undefined ? undefined : parseBlock(addresses.ipRange);
  return underLock(await calls(), files, signal, () => {
    const others = readMembers(files).filter(({ containerId }) => containerId !== record.id);
    const taken = new Set(others.flatMap(({ address }) => parseIpv4(address) ?? []));
    const address = chooseAddress({ subnet, gateway, range, taken, wanted: attachment.ipAddress });
    const member = {
      containerId: record.id,
      endpointId: attachment.endpointId,
      names: memberNames(record, attachment),
      address: ipv4Text(address),
      prefixLength: subnet.prefixLength,
      macAddress: attachment.macAddress ?? macAddressOf(address),
      hostsFile: paths.of(record.id).hosts,
    };
    const self = knownProcess(process.pid);
    invariant(self, 'this process lives');
    writeMembers(files, [...others, { ...member, process: self }]);
    return {
      plug: { name, files, bridge: addresses, member },
      attachment: {
        ...attachment,
        ipAddress: member.address,
        prefixLength: subnet.prefixLength,
        gateway: addresses.gateway,
        macAddress: member.macAddress,
      },
    };
  });
}
