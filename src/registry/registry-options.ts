// Where registries are, and the two variables that say so: TSBUILD_REGISTRY_MIRRORS and TSBUILD_INSECURE_REGISTRIES.
import { TsbuildError } from '../core/errors.js';
import { INSECURE_REGISTRIES } from '../core/settings.js';
import { isDomain, isRepositoryPath } from '../oci/reference.js';
import { isListedHost, isLoopbackHost } from './host-kind.js';
import type { RegistryRule } from './registry-rule.js';

/** Names below `prefix` are asked for at `origin`, with `path` in the place of the prefix. */
export interface Mirror {
  /** A domain, or a domain and whole components of a path: `docker.io`, `quay.io/libpod`. */
  readonly prefix: string;
  /** `http://127.0.0.1:5055` */
  readonly origin: string;
  /** Without slashes at its ends; empty for the root. */
  readonly path: string;
}

export interface RegistryOptions {
  /** Asked first. */
  readonly mirrors: readonly Mirror[];
  /** Of registries.conf: its mirrors are asked next. */
  readonly rules?: readonly RegistryRule[];
  /** Asked last before the registry itself. */
  readonly lastMirrors?: readonly Mirror[];
  /**
   * `host[:port]`, `*.host`, or a network such as `10.0.0.0/8`: plain http is tried there and certificates are not
   * checked.
   */
  readonly insecureHosts: readonly string[];
}

const MIRRORS = 'TSBUILD_REGISTRY_MIRRORS';
const MIRRORS_HINT = `write ${MIRRORS}="docker.io=https://mirror.example,quay.io/org=https://mirror.example/quay.io/org"`;
const INSECURE_HINT = `write ${INSECURE_REGISTRIES}="registry.example:5000,10.0.0.7:5000"`;

function invalid(variable: string, item: string, why: string, hint: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `${variable}: ${JSON.stringify(item)}: ${why}`, { hint });
}

function itemsOf(text: string | undefined): string[] {
  return (text ?? '')
    .split(',')
    .map((item) => item.trim())
    .filter((item) => item !== '');
}

function isPrefix(text: string): boolean {
  const slash = text.indexOf('/');
  if (slash === -1) return isDomain(text);
  return isDomain(text.slice(0, slash)) && isRepositoryPath(text.slice(slash + 1));
}

function parseAddress(text: string): URL | undefined {
  const isBare = !/^[a-z][a-z0-9+.-]*:\/\//i.test(text);
  const full = isBare ? `https://${text}` : text;
  if (text === '' || !URL.canParse(full)) return undefined;
  const url = new URL(full);
  if (isBare && isLoopbackHost(url.hostname)) url.protocol = 'http:';
  const isPlain = url.username === '' && url.password === '' && url.search === '' && url.hash === '';
  return isPlain && /^https?:$/.test(url.protocol) ? url : undefined;
}

function parseMirror(item: string, insecureHosts: readonly string[]): Mirror {
  const [prefix = '', address] = item.split(/=(.*)/s);
  if (address === undefined) throw invalid(MIRRORS, item, 'an item is prefix=address', MIRRORS_HINT);
  if (!isPrefix(prefix))
    throw invalid(
      MIRRORS,
      item,
      'what stands before = is not a registry or a repository prefix',
      MIRRORS_HINT,
    );
  const url = parseAddress(address);
  // The address is not repeated: its fault may be a password in it.
  if (!url)
    throw invalid(
      MIRRORS,
      prefix,
      'the address is not an http or https URL without user info and query',
      MIRRORS_HINT,
    );
  const path = url.pathname.replace(/^\/+|\/+$/g, '');
  if (path !== '' && !isRepositoryPath(path))
    throw invalid(MIRRORS, item, 'the path of the address is not a repository prefix', MIRRORS_HINT);
  if (url.protocol === 'http:' && !isLoopbackHost(url.hostname) && !isListedHost(url, insecureHosts)) {
    const hint = `use https, or list ${url.host} in ${INSECURE_REGISTRIES}`;
    throw invalid(MIRRORS, item, 'plain http is spoken to loopback addresses only', hint);
  }
  return { prefix, origin: url.origin, path };
}

function parseInsecureHost(item: string): string {
  if (!isDomain(item))
    throw invalid(INSECURE_REGISTRIES, item, 'not a host with an optional port', INSECURE_HINT);
  return item.toLowerCase();
}

/**
 * What the variables say. `moreInsecure` are hosts that files list.
 * @throws TsbuildError OPTION_INVALID naming the variable and the item
 */
export function parseRegistryOptions(
  env: Readonly<Record<string, string | undefined>>,
  moreInsecure: readonly string[] = [],
): RegistryOptions {
  const insecureHosts = [...itemsOf(env[INSECURE_REGISTRIES]).map(parseInsecureHost), ...moreInsecure];
  return { insecureHosts, mirrors: itemsOf(env[MIRRORS]).map((item) => parseMirror(item, insecureHosts)) };
}
