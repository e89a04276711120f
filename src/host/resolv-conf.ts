// /etc/resolv.conf of this host, and its text with other name servers.
import { existsSync, readFileSync } from 'node:fs';

const RESOLV_CONF = '/etc/resolv.conf';
const SYSTEMD_RESOLV_CONF = '/run/systemd/resolve/resolv.conf';
const PUBLIC_SERVERS =
  'nameserver 8.8.8.8\nnameserver 8.8.4.4\nnameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844\n';

/** The host's file; systemd's real one when the host only names its stub resolver. */
export function hostResolvConf(): string {
  if (!existsSync(RESOLV_CONF)) return PUBLIC_SERVERS;
  const text = readFileSync(RESOLV_CONF, 'utf8');
  const servers = serversOf(text);
  const isStub = servers.length > 0 && servers.every((server) => server === '127.0.0.53');
  return isStub && existsSync(SYSTEMD_RESOLV_CONF) ? readFileSync(SYSTEMD_RESOLV_CONF, 'utf8') : text;
}

/** The text of a resolv.conf with other servers. Pure. */
export function withServers(text: string, servers: string): string {
  const kept = text.split('\n').filter((line) => line.trim() !== '' && serversOf(line).length === 0);
  return [servers, ...kept.map((line) => `${line}\n`)].join('');
}

/** The public servers when none is left. Pure. */
export function withoutLoopbackServers(text: string): string {
  const kept = text.split('\n').filter((line) => !serversOf(line).some(isLoopback));
  return serversOf(kept.join('\n')).length > 0 ? kept.join('\n') : withServers(text, PUBLIC_SERVERS);
}

function serversOf(text: string): string[] {
  return [...text.matchAll(/^[ \t]*nameserver[ \t]+(\S+)/gm)].map(([, server]) => server ?? '');
}

function isLoopback(server: string): boolean {
  return server.startsWith('127.') || server === '::1';
}
