// Which address a member of a network gets. Pure.
import { TsbuildError } from '../../../core/errors.js';
import { contains, ipv4Text, lastOf, parseIpv4, type Ipv4, type Ipv4Block } from '../ipv4.js';

export interface AddressChoice {
  readonly subnet: Ipv4Block;
  readonly gateway: Ipv4;
  /** Within the subnet: addresses that were not asked for come from it. */
  readonly range?: Ipv4Block | undefined;
  readonly taken: ReadonlySet<Ipv4>;
  readonly wanted?: string | undefined;
}

/** The lowest free one, or the wanted one. @throws TsbuildError NETWORK_ADDRESS */
export function chooseAddress({ subnet, gateway, range = subnet, taken, wanted }: AddressChoice): Ipv4 {
  const isUsable = (address: Ipv4): boolean =>
    // The first and the last address of a block are the block itself and its broadcast (RFC 919).
    address > subnet.first && address < lastOf(subnet) && address !== gateway;
  if (wanted !== undefined) return wantedAddress(wanted, subnet, isUsable, taken);
  for (let address = range.first; address <= lastOf(range); address++)
    if (isUsable(address) && !taken.has(address)) return address;
  throw new TsbuildError('NETWORK_ADDRESS', 'no available IPv4 addresses on this network', {
    hint: 'disconnect a container, or create a network with a larger --subnet',
  });
}

function wantedAddress(
  text: string,
  subnet: Ipv4Block,
  isUsable: (address: Ipv4) => boolean,
  taken: ReadonlySet<Ipv4>,
): Ipv4 {
  const address = parseIpv4(text);
  if (address === undefined || !contains(subnet, address) || !isUsable(address))
    throw new TsbuildError('NETWORK_ADDRESS', `the address ${text} is none for a container of this network`, {
      hint: 'choose one of the subnet that `tsbuild network inspect` shows',
    });
  if (taken.has(address))
    throw new TsbuildError('NETWORK_ADDRESS', `Address already in use: ${text}`, {
      hint: 'choose another address, or none',
    });
  return address;
}

/** As docker makes them: the same for the same address, so that neighbours never remember a wrong one. */
export function macAddressOf(address: Ipv4): string {
  const bytes = ipv4Text(address).split('.').map(Number);
  return ['02', '42', ...bytes.map((byte) => byte.toString(16).padStart(2, '0'))].join(':');
}
