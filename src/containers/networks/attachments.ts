// The networks of a container, as it is asked for and as its record keeps them. Pure.
import { TsbuildError } from '../../core/errors.js';
import type { RequestedNetwork } from '../container-request.js';
import type { ContainerRecord, NetworkAttachment } from '../container-record.js';
import { parseBlock, parseIpv4, contains } from '../../sandbox/network/ipv4.js';
import { requireAliases } from '../rules/network-words.js';
import { findNetwork } from './network-store.js';
import { isPredefined, type NetworkRecord } from './network-record.js';

/** The id of the default network in records of containers. */
export const DEFAULT_NETWORK = 'bridge';

export interface AskedNetworks {
  /** As in the record of the container (`networkMode`). */
  readonly mode: string;
  readonly networks: readonly NetworkAttachment[];
}

/**
 * @param requested the first is the mode; none: the default network
 * @param newId gives 64 hexadecimal digits
 * @throws TsbuildError NETWORK_NOT_FOUND, NETWORK_ADDRESS, OPTION_INVALID
 */
export function askedNetworks(
  requested: readonly RequestedNetwork[],
  all: readonly NetworkRecord[],
  newId: () => string,
): AskedNetworks {
  const [first = { name: DEFAULT_NETWORK }] = requested;
  if (first.name === 'none' || first.name === 'host' || first.name.startsWith('container:'))
    return { mode: first.name, networks: [] };
  const list = requested.length === 0 ? [first] : requested;
  const networks = list.map((one) => attachmentOf(one, findNetwork(all, one.name), newId()));
  const twice = networks.find(
    ({ networkId }, i) => networks.findIndex((n) => n.networkId === networkId) !== i,
  );
  if (twice)
    throw new TsbuildError('OPTION_INVALID', `network ${twice.networkName} is named twice`, {
      hint: 'name each network once',
    });
  return { mode: networks[0]!.networkName, networks };
}

/** @throws TsbuildError NETWORK_ADDRESS, OPTION_INVALID */
export function attachmentOf(
  { aliases = [], ipAddress, macAddress }: RequestedNetwork,
  network: NetworkRecord,
  endpointId: string,
): NetworkAttachment {
  requireAliases(aliases);
  if (isPredefined(network) && ipAddress !== undefined)
    throw new TsbuildError(
      'OPTION_INVALID',
      'user specified IP address is supported on user defined networks only',
      { hint: 'tsbuild network create NAME --subnet CIDR, then --network NAME' },
    );
  if (ipAddress !== undefined) requireInside(ipAddress, network);
  return {
    networkId: isPredefined(network) ? network.name : network.id,
    networkName: network.name,
    endpointId,
    aliases,
    ...(ipAddress !== undefined && { ipAddress }),
    ...(macAddress !== undefined && { macAddress }),
  };
}

function requireInside(text: string, { name, addresses }: NetworkRecord): void {
  const block = addresses && parseBlock(addresses.subnet);
  const address = parseIpv4(text);
  if (block && address !== undefined && contains(block, address)) return;
  throw new TsbuildError('NETWORK_ADDRESS', `no configured subnet contains IP address ${text}`, {
    hint: `choose one within ${addresses?.subnet ?? ''}, the subnet of ${name}`,
  });
}

/** Its user networks, in the order of their interfaces. */
export function userAttachments({ networks }: Pick<ContainerRecord, 'networks'>): NetworkAttachment[] {
  return networks.filter(({ networkId }) => networkId !== DEFAULT_NETWORK);
}

/** By which other members find a container. */
export function memberNames(
  { name, id, config }: Pick<ContainerRecord, 'name' | 'id' | 'config'>,
  { aliases }: Pick<NetworkAttachment, 'aliases'>,
): string[] {
  return [...new Set([name, ...aliases, id.slice(0, 12), config.hostname])].filter((each) => each !== '');
}
