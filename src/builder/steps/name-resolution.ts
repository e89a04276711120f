// /etc/resolv.conf and /etc/hosts as BuildKit gives them to a RUN (executor/oci/resolvconf.go, hosts.go).
import { existsSync, readFileSync } from 'node:fs';

const RESOLV_CONF = '/etc/resolv.conf';
const SYSTEMD_RESOLV_CONF = '/run/systemd/resolve/resolv.conf';
const PUBLIC_SERVERS =
  'nameserver 8.8.8.8\nnameserver 8.8.4.4\nnameserver 2001:4860:4860::8888\nnameserver 2001:4860:4860::8844\n';

/** The host's file; systemd's real one when the host only names its stub resolver. A RUN shares the host's network, so loopback servers stay. */
export function hostResolvConf(): string {
  if (!existsSync(RESOLV_CONF)) return PUBLIC_SERVERS;
  const text = readFileSync(RESOLV_CONF, 'utf8');
  const servers = [...text.matchAll(/^\s*nameserver\s+(\S+)/gm)].map((match) => match[1]);
  const isStub = servers.length > 0 && servers.every((server) => server === '127.0.0.53');
  return isStub && existsSync(SYSTEMD_RESOLV_CONF) ? readFileSync(SYSTEMD_RESOLV_CONF, 'utf8') : text;
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
