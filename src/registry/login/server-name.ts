// The name of a registry as users write it and as docker and podman keep it.
import { TsbuildError } from '../../core/errors.js';
import { DEFAULT_DOMAIN, isDomain, isRepositoryPath } from '../../oci/reference.js';

/** Docker Hub's key since its first registry; every tool writes it. */
const HUB_SERVER = 'https://index.docker.io/v1/';
const HUB_NAMES = new Set([DEFAULT_DOMAIN, 'index.docker.io', 'registry-1.docker.io', 'hub.docker.com']);

/** Whose credentials these are. */
export interface ServerName {
  /** As in references: `docker.io`, `host:port`. */
  readonly registry: string;
  /** Part of the registry's paths that they are for; empty for all of it. */
  readonly path: string;
  /** In `auths`, `credHelpers` and the stores of helpers. */
  readonly key: string;
}

/** The key of a registry (`docker.io`, `host:port`) in `auths`, `credHelpers` and the stores of helpers. */
export function serverKey(registry: string): string {
  return registry === DEFAULT_DOMAIN ? HUB_SERVER : registry;
}

function invalid(text: string, why: string, hint: string): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `${JSON.stringify(text)}: ${why}`, { hint });
}

export interface ServerNameRules {
  /** Whether the file can hold credentials for a part of a registry. */
  readonly isPathAllowed: boolean;
  /** Whether `http://` before this host (`host:port`) is no mistake. */
  readonly isPlainAllowed: (host: string) => boolean;
}

/**
 * A registry as it is given to `login`: a host with an optional port, or a URL of one; docker.io when it is empty.
 * @throws TsbuildError OPTION_INVALID
 */
export function parseServerName(
  text: string,
  { isPathAllowed, isPlainAllowed }: ServerNameRules,
): ServerName {
  const [, scheme = '', rest = ''] = /^(https?:\/\/)?(.*)$/is.exec(text.trim()) ?? [];
  const plain = rest.replace(/\/+$/, '').replace(/\/v[12]$/, '');
  const slash = plain.indexOf('/');
  const host = (slash < 0 ? plain : plain.slice(0, slash)).toLowerCase();
  const path = slash < 0 ? '' : plain.slice(slash + 1);
  const registry = host === '' || HUB_NAMES.has(host) ? DEFAULT_DOMAIN : host;
  // The text is not repeated: its fault is a password in it.
  if (host.includes('@')) {
    const name = host.slice(host.lastIndexOf('@') + 1);
    throw invalid(name, 'a registry is given without user info', 'use -u USER --password-stdin');
  }
  if (!isDomain(registry))
    throw invalid(
      text,
      'not a host with an optional port',
      'write it as in image names: registry.example:5000',
    );
  if (path !== '' && !isPathAllowed) {
    const hint = `write ${host}, or name a file with --authfile: there, credentials can be for a part of a registry`;
    throw invalid(text, 'credentials in config.json are for a whole registry', hint);
  }
  if (path !== '' && !isRepositoryPath(path))
    throw invalid(text, 'the path is not that of a repository', `write ${host}/NAMESPACE`);
  const isPlain = scheme.toLowerCase() === 'http://';
  if (isPlain && !isPlainAllowed(host)) {
    const hint = `write ${host}, or list ${host} in TSBUILD_INSECURE_REGISTRIES`;
    throw invalid(text, 'a password is not sent over plain http', hint);
  }
  return { registry, path, key: path === '' ? serverKey(registry) : `${registry}/${path}` };
}
