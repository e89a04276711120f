// Where a repository is asked for: its mirrors first, then its own registry.
import { TsbuildError } from '../core/errors.js';
import { DEFAULT_DOMAIN, isRepositoryPath, type Reference } from '../oci/reference.js';
import { isListedHost, isLoopbackHost } from './host-kind.js';
import type { Mirror, RegistryOptions } from './registry-options.js';
import { findRule, restBelow, type RegistryRule } from './registry-rule.js';

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

/** A list for both schemes: a registry without a port is at that of https first. */
function isInsecure(domain: string, hosts: readonly string[]): boolean {
  return URL.canParse(`https://${domain}`) && isListedHost(new URL(`https://${domain}`), hosts);
}

/** Where a registry may answer, the likelier first: plain http where it is a loopback address or listed as insecure. */
export function originsOf(domain: string, insecureHosts: readonly string[]): string[] {
  if (domain === DEFAULT_DOMAIN) return [`https://${HUB}`];
  const hostname = domain.replace(/:\d+$/, '');
  if (isInsecure(domain, insecureHosts)) return [`https://${domain}`, `http://${domain}`];
  return isLoopbackHost(hostname) ? [`http://${domain}`, `https://${domain}`] : [`https://${domain}`];
}

function pathOf(place: string): string {
  const slash = place.indexOf('/');
  return slash < 0 ? '' : place.slice(slash + 1);
}

/** A repository at `host[:port]/path`; undefined when no repository can have that path. */
function endpointAt(
  place: string,
  { insecureHosts }: RegistryOptions,
  isMirror: boolean,
): Endpoint | undefined {
  const [registry = ''] = place.split('/');
  const repository = pathOf(place);
  if (!isRepositoryPath(repository)) return undefined;
  return { registry, repository, origins: originsOf(registry, insecureHosts), isMirror };
}

function mirrorEndpoint(name: string, mirror: Mirror): Endpoint | undefined {
  const rest = restBelow(name, mirror.prefix);
  const repository = `${mirror.path}${rest ?? ''}`.replace(/^\/+/, '');
  if (!isRepositoryPath(repository)) return undefined;
  const registry = new URL(mirror.origin).host;
  return { registry, repository, origins: [mirror.origin], isMirror: true };
}

/** The longest prefix wins, on borders of components; mirrors of an equal prefix are asked in the order written. */
function mirrorsOf(name: string, mirrors: readonly Mirror[]): (Endpoint | undefined)[] {
  const matching = mirrors.filter((mirror) => restBelow(name, mirror.prefix) !== undefined);
  const longest = Math.max(0, ...matching.map((mirror) => mirror.prefix.length));
  return matching
    .filter((mirror) => mirror.prefix.length === longest)
    .map((mirror) => mirrorEndpoint(name, mirror));
}

function refuseBlocked({ isBlocked, file, prefix }: RegistryRule, name: string): void {
  if (!isBlocked) return;
  throw new TsbuildError('REGISTRY_REFERENCE', `${name} is blocked by ${file} (${prefix})`, {
    hint: 'use another registry, or remove `blocked = true` there',
  });
}

function ruleMirrors(
  rule: RegistryRule,
  name: string,
  isByDigest: boolean,
  options: RegistryOptions,
): (Endpoint | undefined)[] {
  const rest = restBelow(name, rule.prefix) ?? '';
  const skipped = isByDigest ? 'tag-only' : 'digest-only';
  return rule.mirrors
    .filter(({ use }) => use !== skipped)
    .map(({ location }) => endpointAt(`${location}${rest}`, options, true));
}

/** The registry itself: where the rule says that its images are. */
function ownEndpoint(
  { domain, path }: Reference,
  rule: RegistryRule | undefined,
  options: RegistryOptions,
): Endpoint {
  const name = `${domain}/${path}`;
  const place = rule?.location === undefined ? name : `${rule.location}${restBelow(name, rule.prefix) ?? ''}`;
  const endpoint = endpointAt(place, options, false);
  if (endpoint) return endpoint;
  throw new TsbuildError(
    'OPTION_INVALID',
    `${rule?.file}: ${name} would be at ${place}, which names no repository`,
  );
}

function isSame(a: Endpoint, b: Endpoint): boolean {
  return a.repository === b.repository && a.origins[0] === b.origins[0];
}

/**
 * The places to pull from, in order: mirrors of TSBUILD_REGISTRY_MIRRORS, of registries.conf, of daemon.json, then the
 * registry itself. Nothing is pushed by this: neither mirrors nor locations of registries.conf are for that, as with
 * podman.
 * @throws TsbuildError REGISTRY_REFERENCE when registries.conf blocks the name, OPTION_INVALID when it makes a bad one
 */
export function endpointsOf(reference: Reference, options: RegistryOptions): readonly Endpoint[] {
  const name = `${reference.domain}/${reference.path}`;
  const rule = findRule(options.rules ?? [], name);
  if (rule) refuseBlocked(rule, name);
  const own = ownEndpoint(reference, rule, options);
  const mirrors = [
    ...mirrorsOf(name, options.mirrors),
    ...(rule ? ruleMirrors(rule, name, reference.digest !== undefined, options) : []),
    ...mirrorsOf(name, options.lastMirrors ?? []),
  ].filter((endpoint) => endpoint !== undefined);
  return [...mirrors, own].filter(
    (endpoint, index, all) => all.findIndex((other) => isSame(other, endpoint)) === index,
  );
}
