// Which addresses a user network gets. Pure.
import { TsbuildError } from '../../core/errors.js';
import {
  blockText,
  contains,
  ipv4Text,
  lastOf,
  overlap,
  parseBlock,
  parseIpv4,
  type Ipv4Block,
} from '../../sandbox/network/ipv4.js';
import type { NetworkAddresses } from './network-record.js';

/** As a user writes them. */
export interface AddressRequest {
  readonly subnet?: string | undefined;
  readonly gateway?: string | undefined;
  readonly ipRange?: string | undefined;
}

/**
 * Docker's pools. A network gets 256 addresses of them: few containers need more, and less of the outside is hidden.
 */
const POOLS = ['172.18.0.0/15', '172.20.0.0/14', '172.24.0.0/13', '192.168.0.0/16'];
const PREFIX_LENGTH = 24;
/** The bridge and one container. */
const LONGEST_PREFIX = 30;

/**
 * @param used what other networks have, and what the host has routes to
 * @throws TsbuildError NETWORK_ADDRESS
 */
export function chooseAddresses(request: AddressRequest, used: readonly Ipv4Block[]): NetworkAddresses {
  const { subnet, gateway, ipRange } = request;
  if (subnet === undefined && (gateway !== undefined || ipRange !== undefined))
    throw refused('every ip-range or gateway must have a corresponding subnet', 'give --subnet too');
  const block = subnet === undefined ? freeBlock(used) : wantedBlock(subnet, used);
  const range = ipRange === undefined ? undefined : rangeIn(block, ipRange);
  return {
    subnet: blockText(block),
    gateway: gateway === undefined ? ipv4Text((range ?? block).first + 1) : gatewayIn(block, gateway),
    ...(range && { ipRange: blockText(range) }),
  };
}

function freeBlock(used: readonly Ipv4Block[]): Ipv4Block {
  for (const pool of POOLS.flatMap((text) => parseBlock(text) ?? []))
    for (let { first } = pool; first < lastOf(pool); first += 2 ** (32 - PREFIX_LENGTH)) {
      const block = { first, prefixLength: PREFIX_LENGTH };
      if (!used.some((other) => overlap(block, other))) return block;
    }
  throw refused(
    'could not find an available, non-overlapping IPv4 address pool among the defaults to assign to the network',
    'give --subnet, or remove networks: tsbuild network prune',
  );
}

function wantedBlock(text: string, used: readonly Ipv4Block[]): Ipv4Block {
  const block = parseBlock(text);
  if (block === undefined)
    throw refused(
      `invalid subnet ${text}: ${text.includes(':') ? 'networks of IPv6 are not supported' : 'invalid CIDR address'}`,
      'write --subnet 172.30.0.0/24',
    );
  if (block.prefixLength > LONGEST_PREFIX)
    throw refused(`invalid subnet ${text}: it has no room for a container`, 'write a prefix of at most /30');
  if (used.some((other) => overlap(block, other)))
    throw refused(
      `Pool overlaps with other one on this address space: ${blockText(block)}`,
      'choose another --subnet, or leave it out',
    );
  return block;
}

function rangeIn(subnet: Ipv4Block, text: string): Ipv4Block {
  const range = parseBlock(text);
  if (range && range.prefixLength >= subnet.prefixLength && contains(subnet, range.first)) return range;
  throw refused(`no matching subnet for range ${text}`, `choose a range within ${blockText(subnet)}`);
}

function gatewayIn(subnet: Ipv4Block, text: string): string {
  const address = parseIpv4(text);
  if (address !== undefined && address > subnet.first && address < lastOf(subnet)) return ipv4Text(address);
  throw refused(`no matching subnet for gateway ${text}`, `choose an address within ${blockText(subnet)}`);
}

function refused(message: string, hint: string): TsbuildError {
  return new TsbuildError('NETWORK_ADDRESS', message, { hint });
}
