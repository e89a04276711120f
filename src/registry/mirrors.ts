// Where a repository is asked for: its mirrors first, then its own registry.
import { DEFAULT_DOMAIN, isRepositoryPath, type Reference } from '../oci/reference.js';
import { isLoopbackHost } from './host-kind.js';
import type { Mirror, RegistryOptions } from './registry-options.js';

/** A repository at one registry. */
export interface Endpoint {
  /** The registry's name, under which credentials are kept: `docker.io`, `127.0.0.1:5055`. */
  readonly registry: string;
  readonly repository: string;
  /** Where it may answer, the likelier first; more than one only where plain http is allowed. */
  readonly origins: readonly string[];
  readonly isMirror: boolean;
}

const HUB = 'registry-1.docker.io';

/** Where a registry may answer, the likelier first: plain http where it is a loopback address or listed as insecure. */
export function originsOf(domain: string, insecureHosts: readonly string[]): string[] {
  if (domain === DEFAULT_DOMAIN) return [`https://${HUB}`];
  const hostname = domain.replace(/:\d+$/, '');
  if (insecureHosts.includes(domain.toLowerCase())) return [`https://${domain}`, `http://${domain}`];
  return isLoopbackHost(hostname) ? [`http://${domain}`, `https://${domain}`] : [`https://${domain}`];
}

function restBelow(name: string, prefix: string): string | undefined {
  if (name === prefix) return '';
  return name.startsWith(`${prefix}/`) ? name.slice(prefix.length + 1) : undefined;
}

function mirrorEndpoint(name: string, mirror: Mirror): Endpoint | undefined {
  const rest = restBelow(name, mirror.prefix);
  const repository = [mirror.path, rest].filter(Boolean).join('/');
  if (rest === undefined || !isRepositoryPath(repository)) return undefined;
  const registry = new URL(mirror.origin).host;
  return { registry, repository, origins: [mirror.origin], isMirror: true };
}

/**
 * The places to ask, in order. The longest prefix wins, on borders of components; mirrors of an equal prefix are asked
 * in the order written. The registry itself is always the last.
 */
export function endpointsOf(reference: Reference, options: RegistryOptions): readonly Endpoint[] {
  const name = `${reference.domain}/${reference.path}`;
  const matching = options.mirrors.filter((mirror) => restBelow(name, mirror.prefix) !== undefined);
  const longest = Math.max(0, ...matching.map((mirror) => mirror.prefix.length));
  const mirrors = matching
    .filter((mirror) => mirror.prefix.length === longest)
    .map((mirror) => mirrorEndpoint(name, mirror))
    .filter((endpoint) => endpoint !== undefined);
  const origins = originsOf(reference.domain, options.insecureHosts);
  return [...mirrors, { registry: reference.domain, repository: reference.path, origins, isMirror: false }];
}
