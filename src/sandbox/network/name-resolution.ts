// /etc/resolv.conf and /etc/hosts as BuildKit gives them to a command (executor/oci/resolvconf.go, hosts.go).
import { hostResolvConf, withoutLoopbackServers, withServers } from '../../host/resolv-conf.js';
import type { AnyProcess } from '../process-spec.js';

/**
 * The host's file; systemd's real one when the host only names its stub resolver. A private network asks its tool's
 * `forwarder`, which asks the host's server wherever that is; without network the servers on the host's loopback are
 * left out, as BuildKit does.
 */
export function stepResolvConf(network: AnyProcess['network'], forwarder: string | undefined): string {
  const text = hostResolvConf();
  if (network === 'host') return text;
  return network === 'private' && forwarder !== undefined
    ? withServers(text, `nameserver ${forwarder}\n`)
    : withoutLoopbackServers(text);
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
