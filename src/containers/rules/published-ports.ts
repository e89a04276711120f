// The ports of a container that are published: those that were asked for, and with -P every one that is exposed and has
// none yet, as a free port of the host (moby daemon/network.go). Pure.
import type { ContainerRequest } from '../container-request.js';
import type { PublishedPort } from '../container-record.js';

/** @param exposed `80/tcp` */
export function publishedPorts(
  { ports = [], isEveryPortPublished = false }: Pick<ContainerRequest, 'ports' | 'isEveryPortPublished'>,
  exposed: readonly string[],
): readonly PublishedPort[] {
  if (!isEveryPortPublished) return ports;
  const isAsked = ({ containerPort, protocol }: PublishedPort): boolean =>
    ports.some((port) => port.containerPort === containerPort && port.protocol === protocol);
  return [...ports, ...exposed.flatMap(portOf).filter((port) => !isAsked(port))];
}

/** None for a protocol that cannot be forwarded. */
function portOf(text: string): PublishedPort[] {
  const [, digits = '', protocol = 'tcp'] = /^(\d+)(?:\/([a-z]+))?$/.exec(text) ?? [];
  if (digits === '' || (protocol !== 'tcp' && protocol !== 'udp')) return [];
  return [{ hostIp: '', hostPort: 0, containerPort: Number(digits), protocol }];
}
