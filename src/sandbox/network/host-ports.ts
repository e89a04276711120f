// Ports of the host that containers are given. They are tried first, since the programs that forward them say little
// about what hinders them.
import { createSocket } from 'node:dgram';
import { createServer } from 'node:net';
import { TsbuildError } from '../../core/errors.js';
import type { PortForward } from './container-tool.js';

/** What is asked for. */
export interface WantedPort extends PortForward {
  /** 0: any free one of the host. */
  readonly hostPort: number;
  /** The first free port from `hostPort` to this one. */
  readonly hostPortLast?: number;
}

/**
 * One for each, in the same order; no two get the same.
 * @throws TsbuildError PORT_TAKEN
 */
export async function choosePorts(wanted: readonly WantedPort[]): Promise<PortForward[]> {
  const chosen: PortForward[] = [];
  for (const port of wanted) chosen.push(await choosePort(port, chosen));
  return chosen;
}

async function choosePort(wanted: WantedPort, before: readonly PortForward[]): Promise<PortForward> {
  const { hostPort: first, hostPortLast: last = first, hostIp, containerPort, protocol } = wanted;
  let refusal: Refusal | undefined;
  for (let candidate = first; candidate <= last; candidate++) {
    const result = await tryPort(hostIp, candidate, protocol);
    if ('port' in result) {
      const forward = { hostIp, hostPort: result.port, containerPort, protocol };
      if (!before.some((other) => isSame(other, forward))) return forward;
      // Only a port that was asked for twice is found twice.
      refusal ??= { code: 'EADDRINUSE' };
    } else refusal = result;
  }
  throw portError(wanted, refusal?.code ?? '');
}

function isSame(a: PortForward, b: PortForward): boolean {
  const isSameAddress = a.hostIp === b.hostIp || a.hostIp === '' || b.hostIp === '';
  return isSameAddress && a.hostPort === b.hostPort && a.protocol === b.protocol;
}

interface Refusal {
  readonly code: string;
}

/** Docker's client recognises the words of the first message. */
function portError({ hostIp, hostPort, hostPortLast, protocol }: WantedPort, code: string): TsbuildError {
  const range = hostPortLast === undefined || hostPortLast === hostPort ? '' : `-${hostPortLast}`;
  const place = `${hostIp === '' ? '0.0.0.0' : hostIp.includes(':') ? `[${hostIp}]` : hostIp}:${hostPort}${range}`;
  switch (code) {
    case 'EADDRINUSE':
      return new TsbuildError('PORT_TAKEN', `Bind for ${place} failed: port is already allocated`, {
        hint: `end what listens there (ss -l${protocol === 'tcp' ? 't' : 'u'}np), or publish another port`,
      });
    case 'EADDRNOTAVAIL':
      return new TsbuildError(
        'PORT_TAKEN',
        `Bind for ${place} failed: cannot assign requested address: this host has no address ${hostIp}`,
        { hint: 'publish on an address that `ip addr` shows, or on all of them' },
      );
    case 'EACCES':
      return new TsbuildError(
        'PORT_TAKEN',
        `Bind for ${place} failed: permission denied: this user cannot listen on that port`,
        {
          hint: 'publish a port from 1024 on, or lower net.ipv4.ip_unprivileged_port_start with sysctl',
        },
      );
    default:
      return new TsbuildError('PORT_TAKEN', `Bind for ${place} failed: ${code}`);
  }
}

type Tried = { readonly port: number } | Refusal;

/** @param port 0: any free one */
function tryPort(hostIp: string, port: number, protocol: 'tcp' | 'udp'): Promise<Tried> {
  return protocol === 'tcp' ? tryTcp(hostIp, port) : tryUdp(hostIp, port);
}

function tryTcp(hostIp: string, port: number): Promise<Tried> {
  return new Promise((resolve) => {
    const server = createServer();
    server.once('error', (error: NodeJS.ErrnoException) => resolve({ code: error.code ?? error.message }));
    server.listen({ port, ...(hostIp !== '' && { host: hostIp }) }, () => {
      const address = server.address();
      const found = typeof address === 'object' && address ? address.port : port;
      server.close(() => resolve({ port: found }));
    });
  });
}

function tryUdp(hostIp: string, port: number): Promise<Tried> {
  return new Promise((resolve) => {
    const socket = createSocket(hostIp.includes(':') ? 'udp6' : 'udp4');
    socket.once('error', (error: NodeJS.ErrnoException) => resolve({ code: error.code ?? error.message }));
    socket.bind({ port, exclusive: true, ...(hostIp !== '' && { address: hostIp }) }, () => {
      const found = socket.address().port;
      socket.close(() => resolve({ port: found }));
    });
  });
}
