// /etc/resolv.conf and /etc/hosts as BuildKit gives them to a RUN (executor/oci/resolvconf.go, hosts.go).
import { existsSync, readFileSync } from 'node:fs';
import type { StepSpec } from '../sandbox/sandbox.js';

const RESOLV_CONF = '/etc/resolv.conf';
const SYSTEMD_RESOLV_CONF = '/run/systemd/resolve/resolv.conf';
const PUBLIC_SERVERS =
  'nameserver 8.8.8.8\nnameserver 8.8.4.4\nnameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844\n';

/**
 * The host's file; systemd's real one when the host only names its stub resolver. Servers on the host's loopback are reached from the
 * host's network only: elsewhere they are left out, and without any left there is `forwarder`, or the public ones.
 */
export function stepResolvConf(network: StepSpec['network'], forwarder: string | undefined): string {
  const text = hostResolvConf();
  return network === 'host' ? text : withoutLoopbackServers(text, forwarder);
}

function hostResolvConf(): string {
  if (!existsSync(RESOLV_CONF)) return PUBLIC_SERVERS;
  const text = readFileSync(RESOLV_CONF, 'utf8');
  const servers = serversOf(text);
  const isStub = servers.length > 0 && servers.every((server) => server === '127.0.0.53');
  return isStub && existsSync(SYSTEMD_RESOLV_CONF) ? readFileSync(SYSTEMD_RESOLV_CONF, 'utf8') : text;
}

/** The text of a resolv.conf for a network whose loopback is not the host's. Pure. */
export function withoutLoopbackServers(text: string, forwarder: string | undefined): string {
  const kept = text.split('\n').filter((line) => !serversOf(line).some(isLoopback));
  if (serversOf(kept.join('\n')).length > 0) return kept.join('\n');
  const servers = forwarder === undefined ? PUBLIC_SERVERS : `nameserver ${forwarder}\n`;
  return [servers, ...kept.filter((line) => line.trim() !== '').map((line) => `${line}\n`)].join('');
}

function serversOf(text: string): string[] {
  return [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].map(([, server]) => server ?? '');
}

function isLoopback(server: string): boolean {
  return server.startsWith('127.') || server === '::1';
}

export function hostsFile(
  hostname: string,
  extra: readonly { readonly host: string; readonly ip: string }[],
): string {
  const lines = [
    `127.0.0.1\tlocalhost ${hostname}`,
    '::1\tlocalhost ip6-localhost ip6-loopback',
    ...extra.map(({ host, ip }) => `${ip}\t${host}`),
  ];
  return `${lines.join('\n')}\n`;
}
