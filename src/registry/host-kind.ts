// What kind of place a host name is: loopback (plain http is fine), link-local or a cloud's metadata service (never
// followed to). Works on `URL.hostname`, in which the WHATWG parser has already normalised decimal, octal and
// hexadecimal IPv4 forms.
import { lookup, type LookupAddress } from 'node:dns';
import { BlockList, isIP, type LookupFunction } from 'node:net';

const METADATA_NAMES = new Set(['metadata', 'metadata.google.internal', 'metadata.goog', 'instance-data']);

function loopbackList(): BlockList {
  const list = new BlockList();
  list.addSubnet('127.0.0.0', 8, 'ipv4');
  list.addAddress('::1', 'ipv6');
  return list;
}

/**
 * Link-local of both families, and the metadata addresses that clouds put elsewhere (AWS, Alibaba, Oracle, Google,
 * NAT64 forms).
 */
function forbiddenList(): BlockList {
  const list = new BlockList();
  list.addSubnet('169.254.0.0', 16, 'ipv4');
  list.addSubnet('fe80::', 10, 'ipv6');
  list.addSubnet('64:ff9b::a9fe:0', 112, 'ipv6');
  list.addAddress('fd00:ec2::254', 'ipv6');
  list.addAddress('fd20:ce::254', 'ipv6');
  list.addAddress('100.100.100.200', 'ipv4');
  list.addAddress('192.0.0.192', 'ipv4');
  return list;
}

const LOOPBACK = loopbackList();
const FORBIDDEN = forbiddenList();

function bare(hostname: string): string {
  return hostname
    .replace(/^\[|\]$/g, '')
    .replace(/\.$/, '')
    .toLowerCase();
}

function isIn(list: BlockList, address: string): boolean {
  const family = isIP(address);
  return family !== 0 && list.check(address, family === 4 ? 'ipv4' : 'ipv6');
}

/** `localhost`, 127.0.0.0/8, ::1. */
export function isLoopbackHost(hostname: string): boolean {
  const host = bare(hostname);
  return host === 'localhost' || isIn(LOOPBACK, host);
}

function isInNetwork(hostname: string, network: string): boolean {
  const [address = '', bits = ''] = network.split('/');
  const family = isIP(address) === 6 ? 'ipv6' : 'ipv4';
  if (isIP(address) === 0 || Number(bits) > (family === 'ipv6' ? 128 : 32)) return false;
  const list = new BlockList();
  list.addSubnet(address, Number(bits), family);
  return isIn(list, hostname);
}

/**
 * Whether a URL's host is in a list of `host[:port]` (where a missing port stands for the scheme's own), `*.host`, and
 * networks, which cover addresses and no names.
 */
export function isListedHost(url: URL, hosts: readonly string[]): boolean {
  const port = url.port || (url.protocol === 'https:' ? '443' : '80');
  return hosts.some((host) => {
    if (host.includes('/')) return isInNetwork(bare(url.hostname), host);
    if (host.startsWith('*.')) return url.hostname.endsWith(host.slice(1));
    return host === url.host || host === `${url.hostname}:${port}`;
  });
}

/** Where a redirect or a token realm may never lead: link-local addresses and metadata services. */
export function isForbiddenHost(hostname: string): boolean {
  const host = bare(hostname);
  return METADATA_NAMES.has(host) || isIn(FORBIDDEN, host);
}

/**
 * A DNS look-up that fails when the name stands for a forbidden address: for hosts which a server, not the user, has
 * named.
 */
export const guardedLookup: LookupFunction = (hostname, options, callback) => {
  lookup(hostname, { ...options, all: true }, (error, addresses: LookupAddress[]) => {
    if (error) return callback(error, '', 0);
    if (addresses.some(({ address }) => isForbiddenHost(address))) {
      const refusal = new Error(`${hostname} stands for a link-local or metadata address`);
      return callback(Object.assign(refusal, { code: 'EFORBIDDENHOST' }), '', 0);
    }
    if (options.all === true) return callback(null, addresses);
    const [first] = addresses;
    return callback(null, first?.address ?? '', first?.family ?? 0);
  });
};
