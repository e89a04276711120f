// What pasta or slirp4netns is told for a container: an address of its own, and the ports that lead to it (pasta(1),
// slirp4netns(1)). Pure.
import { blockText, ipv4Text, lastOf, overlap, parseBlock, type Ipv4, type Ipv4Block } from './ipv4.js';
import type { NetworkTool, NetworkToolName } from './network-tool.js';
import { FORWARDER_OF } from './network-tool.js';

/** A port of the host that leads to one of the container. */
export interface PortForward {
  /** Empty: all addresses of both families. */
  readonly hostIp: string;
  readonly hostPort: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
}

export interface OutsideAddress {
  /** `172.17.3.4` */
  readonly address: string;
  readonly prefixLength: number;
  readonly gateway: string;
  /** Leads to the name servers of the host. */
  readonly nameServer: string;
}

export interface Outside extends OutsideAddress {
  readonly tool: NetworkTool;
  readonly interfaceName: string;
  readonly ports: readonly PortForward[];
}

/** The address of its own is none of the host's, so that the host too is a client with an address of its own. */
const OUTSIDE_BLOCKS = ['172.17.0.0/16', '10.88.0.0/16', '192.168.240.0/20', '10.201.0.0/16'];

/** Of slirp4netns in a block of 256 addresses, which it chooses by itself (slirp4netns(1), --cidr). */
const SLIRP = { prefixLength: 24, gateway: 2, forwarder: 3, address: 100 };

/**
 * In a network that the host has no route to. Containers mostly have different addresses with pasta, and the same with
 * slirp4netns; they never meet.
 */
export function outsideAddress(
  tool: NetworkToolName,
  containerId: string,
  hostRoutes: readonly Ipv4Block[],
): OutsideAddress {
  const blocks = OUTSIDE_BLOCKS.flatMap((text) => parseBlock(text) ?? []);
  const block = blocks.find((b) => !hostRoutes.some((route) => overlap(b, route))) ?? blocks[0]!;
  const { first, prefixLength } = block;
  if (tool === 'slirp4netns')
    return {
      address: ipv4Text(first + SLIRP.address),
      prefixLength: SLIRP.prefixLength,
      gateway: ipv4Text(first + SLIRP.gateway),
      nameServer: ipv4Text(first + SLIRP.forwarder),
    };
  // Behind the block's own address and the gateway, before the last.
  const room = lastOf(block) - first - 2;
  const address: Ipv4 = first + 2 + (Number.parseInt(containerId.slice(0, 8), 16) % room);
  const gateway = ipv4Text(first + 1);
  return { address: ipv4Text(address), prefixLength, gateway, nameServer: FORWARDER_OF.pasta };
}

/** Paths of a container's namespaces, at which the tool finds them at its start. */
export interface Namespaces {
  readonly user: string;
  readonly network: string;
}

/** In the foreground; something is written to the standard output when the network stands. */
export function containerToolArguments(
  outside: Outside,
  namespaces: Namespaces,
  apiSocket: string,
): string[] {
  return outside.tool.name === 'pasta'
    ? pastaArguments(outside, namespaces)
    : slirpArguments(outside, namespaces, apiSocket);
}

function pastaArguments(
  { address, prefixLength, gateway, interfaceName, ports }: Outside,
  { user, network }: Namespaces,
): string[] {
  return [
    '--config-net',
    '--foreground',
    '--quiet',
    '--ns-ifname',
    interfaceName,
    '--address',
    address,
    '--netmask',
    String(prefixLength),
    '--gateway',
    gateway,
    ...forwardsOf('--tcp-ports', ports, 'tcp'),
    ...forwardsOf('--udp-ports', ports, 'udp'),
    '--tcp-ns',
    'none',
    '--udp-ns',
    'none',
    // Else the gateway's address would lead to the host's loopback.
    '--no-map-gw',
    '--dns-forward',
    FORWARDER_OF.pasta,
    '--pid',
    '/dev/fd/1',
    // It ends with the monitor. The path of the namespace is gone before that.
    '--no-netns-quit',
    '--userns',
    user,
    '--netns',
    network,
  ];
}

function forwardsOf(option: string, ports: readonly PortForward[], wanted: 'tcp' | 'udp'): string[] {
  const own = ports.filter(({ protocol }) => protocol === wanted);
  if (own.length === 0) return [option, 'none'];
  return own.flatMap(({ hostIp, hostPort, containerPort }) => [
    option,
    `${hostIp === '' ? '' : `${hostIp}/`}${hostPort}:${containerPort}`,
  ]);
}

function slirpArguments(
  { interfaceName, address, prefixLength }: Outside,
  { user, network }: Namespaces,
  apiSocket: string,
): string[] {
  const block = parseBlock(`${address}/${prefixLength}`);
  return [
    '--configure',
    '--mtu=65520',
    '--disable-host-loopback',
    '--enable-sandbox',
    '--enable-seccomp',
    '--ready-fd=1',
    ...(block ? [`--cidr=${blockText(block)}`] : []),
    `--api-socket=${apiSocket}`,
    `--userns-path=${user}`,
    '--netns-type=path',
    network,
    interfaceName,
  ];
}

/** A request to slirp4netns's socket that forwards a port. */
export function slirpForward({ hostIp, hostPort, containerPort, protocol }: PortForward): string {
  return JSON.stringify({
    execute: 'add_hostfwd',
    arguments: {
      proto: protocol,
      host_addr: hostIp === '' ? '0.0.0.0' : hostIp,
      host_port: hostPort,
      guest_port: containerPort,
    },
  });
}
