// The ports of a container on one line, neighbours joined to ranges (docker/cli formatter DisplayablePorts):
// `0.0.0.0:8000-8002->8000-8002/tcp, 9000/tcp`. Pure.
import type { ListedPort } from './container-summary.js';

interface Run {
  readonly address: string | undefined;
  readonly protocol: string;
  readonly first: number;
  readonly last: number;
}

/** Ranges come first, then the ports that have another number on the host. */
export function portsText(ports: readonly ListedPort[]): string {
  const sorted = [...ports].sort(comparePorts);
  const moved = sorted.filter(isMoved);
  return [...runsOf(sorted.filter((port) => !isMoved(port))).map(runText), ...moved.map(movedText)].join(
    ', ',
  );
}

/** `[::]:80`. */
function hostAddress(ip: string, port: number | string): string {
  return ip.includes(':') ? `[${ip}]:${port}` : `${ip}:${port}`;
}

function isMoved({ hostPort, containerPort }: ListedPort): boolean {
  return hostPort !== undefined && hostPort !== containerPort;
}

/** Runs that ended before the last port of their kind come before those that did not. */
function runsOf(ports: readonly ListedPort[]): readonly Run[] {
  const open = new Map<string, Run>();
  const closed: Run[] = [];
  for (const { hostIp, protocol, containerPort } of ports) {
    const key = `${hostIp}/${protocol}`;
    const run = open.get(key);
    const isNext = run !== undefined && containerPort === run.last + 1;
    if (run && !isNext) closed.push(run);
    open.set(key, {
      address: hostIp,
      protocol,
      first: isNext ? run.first : containerPort,
      last: containerPort,
    });
  }
  return [...closed, ...open.values()];
}

function runText({ address, protocol, first, last }: Run): string {
  const range = first === last ? `${first}` : `${first}-${last}`;
  const host = address === undefined ? '' : `${hostAddress(address, range)}->`;
  return `${host}${range}/${protocol}`;
}

function movedText({ hostIp = '', hostPort = 0, containerPort, protocol }: ListedPort): string {
  return `${hostAddress(hostIp, hostPort)}->${containerPort}/${protocol}`;
}

export function comparePorts(a: ListedPort, b: ListedPort): number {
  return (
    a.containerPort - b.containerPort ||
    compareTexts(a.hostIp ?? '', b.hostIp ?? '') ||
    (a.hostPort ?? 0) - (b.hostPort ?? 0) ||
    compareTexts(a.protocol, b.protocol)
  );
}

function compareTexts(a: string, b: string): number {
  return a === b ? 0 : a < b ? -1 : 1;
}
