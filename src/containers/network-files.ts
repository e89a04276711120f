// /etc/hosts, /etc/hostname and /etc/resolv.conf of containers, as docker writes them (moby libnetwork/etchosts,
// libnetwork/internal/resolvconf). Members of user networks are found by the hosts file, which changes while they run.
// Pure.
import { withServers, withoutLoopbackServers } from '../host/resolv-conf.js';

export interface HostsEntry {
  readonly address: string;
  /** The first is the one that the address stands for. */
  readonly names: readonly string[];
}

const OWN_HOST: readonly HostsEntry[] = [
  { address: '127.0.0.1', names: ['localhost'] },
  { address: '::1', names: ['localhost', 'ip6-localhost', 'ip6-loopback'] },
  { address: 'fe00::', names: ['ip6-localnet'] },
  { address: 'ff00::', names: ['ip6-mcastprefix'] },
  { address: 'ff02::1', names: ['ip6-allnodes'] },
  { address: 'ff02::2', names: ['ip6-allrouters'] },
];

export interface HostsFacts {
  /** Of `--add-host`. `host-gateway` for an address is the address at which the host is reached. */
  readonly extra: readonly { readonly name: string; readonly address: string }[];
  readonly hostGateway: string;
  /** The container's own. */
  readonly own: readonly HostsEntry[];
  /** Other members of its networks. */
  readonly members: readonly HostsEntry[];
}

export function hostsText({ extra, hostGateway, own, members }: HostsFacts): string {
  return linesOf([...OWN_HOST, ...extraEntries(extra, hostGateway), ...own, ...members]);
}

/** On the network of the host: its file, with what was added. @param hostFile text of the host's /etc/hosts */
export function hostsTextOfHost(hostFile: string, extra: HostsFacts['extra']): string {
  const start = hostFile === '' || hostFile.endsWith('\n') ? hostFile : `${hostFile}\n`;
  return `${start}${linesOf(extraEntries(extra, '127.0.0.1'))}`;
}

function extraEntries(extra: HostsFacts['extra'], hostGateway: string): HostsEntry[] {
  return extra.map(({ name, address }) => ({
    address: address === 'host-gateway' ? hostGateway : address,
    names: [name],
  }));
}

function linesOf(entries: readonly HostsEntry[]): string {
  return entries.map(({ address, names }) => `${address}\t${[...new Set(names)].join(' ')}\n`).join('');
}

export function hostnameText(hostname: string): string {
  return `${hostname}\n`;
}

/** `box.example.com` and `box`, or the host name alone. */
export function ownNames({
  hostname,
  domainname,
}: {
  readonly hostname: string;
  readonly domainname: string;
}): string[] {
  return domainname === '' ? [hostname] : [`${hostname}.${domainname}`, hostname];
}

export interface ResolvFacts {
  /** Text of the host's file. */
  readonly host: string;
  /** `host`: of the host's network. A text: the server that leads to the host's. Absent: nothing leads outside. */
  readonly server: 'host' | { readonly address: string } | undefined;
  /** Given by the user: in the place of the host's. */
  readonly dns: readonly string[];
  /** `.`: no domains at all. */
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
}

export function resolvConfText({ host, server, dns, dnsSearch, dnsOptions }: ResolvFacts): string {
  const servers = withServersOf(host, server, dns);
  const searched = dnsSearch.length === 0 ? servers : withLine(servers, 'search', searchLine(dnsSearch));
  return dnsOptions.length === 0
    ? searched
    : withLine(searched, 'options', `options ${dnsOptions.join(' ')}\n`);
}

function withServersOf(host: string, server: ResolvFacts['server'], dns: readonly string[]): string {
  if (dns.length > 0) return withServers(host, dns.map((address) => `nameserver ${address}\n`).join(''));
  if (server === 'host') return host;
  return server === undefined
    ? withoutLoopbackServers(host)
    : withServers(host, `nameserver ${server.address}\n`);
}

function searchLine(domains: readonly string[]): string {
  return domains.includes('.') ? '' : `search ${domains.join(' ')}\n`;
}

/** `domain` is another word for `search`. */
function withLine(text: string, word: 'search' | 'options', line: string): string {
  const pattern = word === 'search' ? /^[ \t]*(search|domain)\b/ : /^[ \t]*options\b/;
  const kept = text
    .split('\n')
    .filter((each) => each !== '' && !pattern.test(each))
    .map((each) => `${each}\n`);
  return [...kept, line].join('');
}

/**
 * The text of a file that a container has and may have changed. What the user put behind the text stays there.
 * @param before what was written the last time
 * @returns undefined when the user has changed the text itself: then it is left alone
 */
export function renewedText(current: string, before: string, next: string): string | undefined {
  return current.startsWith(before) ? `${next}${current.slice(before.length)}` : undefined;
}
