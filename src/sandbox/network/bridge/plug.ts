// Connects a container with the bridge of a network: a pair of interfaces, one end on the bridge, the other in the
// network namespace of the container.
import { invariant } from '../../../core/errors.js';
import { lastOf, parseBlock, parseIpv4 } from '../ipv4.js';
import { openRouteSocket, type RouteSocket } from '../netlink/route-socket.js';
import { deleteLink, newAddress, newVethPair, setLinkUp } from '../netlink/requests.js';
import { BRIDGE } from './bridge.js';
import { operate, type OperatorTools } from './operator.js';

/** As docker's networks. */
const MTU = 1500;
/** A name of an interface has at most 15 characters. */
const NAME_DIGITS = 13;

export interface Ends {
  /** Descriptors of network namespaces. */
  readonly bridge: number;
  readonly container: number;
}

export interface Endpoint {
  /** Hexadecimal digits. */
  readonly endpointId: string;
  readonly address: string;
  readonly prefixLength: number;
  readonly macAddress: string;
}

/**
 * @returns the name of the interface in the container: the first of `eth0`, `eth1`, … that is free
 * @throws TsbuildError SANDBOX_FAILED, SystemCallError
 */
export function plugIn(tools: OperatorTools, ends: Ends, endpoint: Endpoint): string {
  const { address, prefixLength, macAddress } = endpoint;
  const number = parseIpv4(address);
  const block = parseBlock(`${address}/${prefixLength}`);
  invariant(number !== undefined && block, 'an endpoint has an address');
  return operate(tools, [ends.bridge, ends.container], ({ calls }, [bridge = 0, container = 0]) => {
    calls.enterNetwork(bridge);
    const outer = openRouteSocket(calls);
    calls.enterNetwork(container);
    const inner = openRouteSocket(calls);
    const name = freeName(inner);
    const pair = newVethPair({
      name: outerName(endpoint),
      master: outer.indexOf(BRIDGE),
      mtu: MTU,
      peer: { name, macAddress, namespace: container },
    });
    outer.request('a pair of interfaces', pair);
    const index = inner.indexOf(name);
    inner.request(
      'an address',
      newAddress({ index, address: number, prefixLength, broadcast: lastOf(block) }),
    );
    inner.request('an interface', setLinkUp(index));
    return name;
  });
}

/** Nothing when it is not connected. @throws TsbuildError SANDBOX_FAILED, SystemCallError */
export function unplug(tools: OperatorTools, bridge: number, endpoint: Pick<Endpoint, 'endpointId'>): void {
  operate(tools, [bridge], ({ calls }, [fd = 0]) => {
    calls.enterNetwork(fd);
    const routes = openRouteSocket(calls);
    const link = routes.find(outerName(endpoint));
    // With it the other end goes.
    if (link) routes.request('a pair of interfaces', deleteLink(link.index));
  });
}

function outerName({ endpointId }: Pick<Endpoint, 'endpointId'>): string {
  return `v${endpointId.slice(0, NAME_DIGITS)}`;
}

function freeName(routes: RouteSocket): string {
  const names = new Set(routes.links().map(({ name }) => name));
  for (let n = 0; ; n++) if (!names.has(`eth${n}`)) return `eth${n}`;
}
