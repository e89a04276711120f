// What /etc/hosts of a container says, from the networks that it is on, and its renewal while containers come and go.
import { networkInterfaces } from 'node:os';
import { readMembers, type NetworkMember } from '../../sandbox/network/bridge/network-files.js';
import { outsideAddress } from '../../sandbox/network/container-tool.js';
import { hostRoutes } from '../../sandbox/network/host-routes.js';
import type { ContainersPaths } from '../container-paths.js';
import type { ContainerRecord } from '../container-record.js';
import { hostsText, ownNames, type HostsEntry } from '../network-files.js';
import { listRecords } from '../container-files.js';
import { renewHostsFile } from '../write-network-files.js';
import { DEFAULT_NETWORK, userAttachments } from './attachments.js';

/** At which a container with a network of its own reaches the host: the first address that is not of the loopback. */
function hostGatewayAddress(): string {
  const addresses = Object.values(networkInterfaces()).flatMap((list) => list ?? []);
  return addresses.find(({ internal, family }) => !internal && family === 'IPv4')?.address ?? '127.0.0.1';
}

/** Of a container with a network namespace of its own. */
export function hostsOf(paths: ContainersPaths, record: ContainerRecord): string {
  const networks = userAttachments(record).map(({ networkId }) => readMembers(paths.network(networkId)));
  const isOwn = ({ containerId }: NetworkMember): boolean => containerId === record.id;
  const names = ownNames(record.config);
  const own: HostsEntry[] = networks
    .flatMap((members) => members.filter(isOwn))
    .map((member) => ({ address: member.address, names: [...names, ...member.names] }));
  const isOnDefault = record.networks.some(({ networkId }) => networkId === DEFAULT_NETWORK);
  const outside = isOnDefault
    ? [{ address: outsideAddress('pasta', record.id, hostRoutes()).address, names }]
    : [];
  return hostsText({
    extra: record.host.extraHosts,
    hostGateway: hostGatewayAddress(),
    own: [...own, ...outside],
    members: networks
      .flatMap((members) => members.filter((member) => !isOwn(member)))
      .map(({ address, names: theirs }) => ({ address, names: theirs })),
  });
}

/** For all running members of these networks. @throws TsbuildError STORE_UNWRITABLE, STORE_FULL */
export function renewHosts(paths: ContainersPaths, networkIds: readonly string[]): void {
  const ids = new Set(
    networkIds
      .filter((id) => id !== DEFAULT_NETWORK)
      .flatMap((id) => readMembers(paths.network(id)))
      .map(({ containerId }) => containerId),
  );
  if (ids.size === 0) return;
  for (const record of listRecords(paths)) if (ids.has(record.id)) renewOwnHosts(paths, record);
}

/** Of a running container. @throws TsbuildError STORE_UNWRITABLE, STORE_FULL */
export function renewOwnHosts(paths: ContainersPaths, record: ContainerRecord): void {
  renewHostsFile(paths.of(record.id).hosts, hostsOf(paths, record));
}
