// Whose credentials belong to a repository: docker's and podman's files and their helpers, asked only when a registry
// demands it.
// Invariant: a helper that is not installed is no failure; the registry decides whether it can do without.
import { credentialOf, findKey, type AuthConfig, type Credential } from './auth-config.js';
import { readCredentialFiles, type Environment } from './credential-files.js';
import { runCredentialHelper } from './credential-helper.js';
import { serverKey } from './login/server-name.js';

export type { Credential } from './auth-config.js';

export interface CredentialStore {
  /**
   * The credentials for a repository of a registry (`docker.io`, `host:port`); undefined when there are none.
   * @throws TsbuildError CREDENTIALS_INVALID, ABORTED
   */
  lookup(registry: string, repository: string, signal?: AbortSignal): Promise<Credential | undefined>;
}

export interface CredentialStoreOptions {
  /** Gets a sentence for the user, once per helper that is not installed. */
  readonly note?: (message: string) => void;
  /** As `process.getuid()`: podman's file of a user without XDG_RUNTIME_DIR is read with it. */
  readonly uid?: number | undefined;
}

/** Credentials from the files that the environment names; each is read at most once. */
export function createCredentialStore(
  env: Environment,
  { note, uid }: CredentialStoreOptions = {},
): CredentialStore {
  let configs: Promise<readonly AuthConfig[]> | undefined;
  const missed = new Set<string>();
  const askHelper = async (
    config: AuthConfig,
    name: string,
    server: string,
    signal: AbortSignal | undefined,
  ): Promise<Credential | undefined> => {
    const answer = await runCredentialHelper({ name, server, file: config.file, env, signal });
    if (answer.kind === 'none') return undefined;
    const from = `docker-credential-${name} of ${config.file}`;
    if (answer.kind === 'missing') {
      if (!missed.has(from)) {
        const advice = `install it, or remove ${JSON.stringify(name)} from that file`;
        note?.(`cannot start ${from} (${answer.why}): going on without its credentials; ${advice}`);
      }
      missed.add(from);
      return { from: `docker-credential-${name}, which ${config.file} names and which cannot be started` };
    }
    const { username, secret } = answer;
    return username === '<token>' ? { identityToken: secret, from } : { username, password: secret, from };
  };
  const lookupIn = async (
    config: AuthConfig,
    registry: string,
    repository: string,
    signal: AbortSignal | undefined,
  ): Promise<Credential | undefined> => {
    const helperKey = findKey(Object.keys(config.credHelpers), registry, repository);
    const helper = helperKey === undefined ? undefined : config.credHelpers[helperKey];
    if (helper && helperKey !== undefined) return askHelper(config, helper, helperKey, signal);
    const key = findKey(Object.keys(config.auths), registry, repository);
    const written = key === undefined ? undefined : credentialOf(config, key);
    if (written !== undefined || config.credsStore === undefined) return written;
    return askHelper(config, config.credsStore, serverKey(registry), signal);
  };
  return {
    async lookup(registry, repository, signal) {
      configs ??= readCredentialFiles(env, uid);
      let unreachable: Credential | undefined;
      for (const config of await configs) {
        const found = await lookupIn(config, registry, repository, signal);
        if (found && hasSecret(found)) return found;
        // A later file may have the credentials too.
        unreachable ??= found;
      }
      return unreachable;
    },
  };
}

/** False when all that is known is a helper which cannot be started. */
export function hasSecret({ username, identityToken, registryToken }: Credential): boolean {
  return username !== undefined || identityToken !== undefined || registryToken !== undefined;
}
