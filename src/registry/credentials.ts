// Whose credentials belong to a repository: docker's and podman's files and their helpers, asked only when a registry
// demands it.
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { credentialOf, findKey, parseAuthConfig, type AuthConfig, type Credential } from './auth-config.js';
import { runCredentialHelper } from './credential-helper.js';

export type { Credential } from './auth-config.js';

export interface CredentialStore {
  /**
   * The credentials for a repository of a registry (`docker.io`, `host:port`); undefined when there are none.
   * @throws TsbuildError CREDENTIALS_INVALID, ABORTED
   */
  lookup(registry: string, repository: string, signal?: AbortSignal): Promise<Credential | undefined>;
}

const HUB_SERVER = 'https://index.docker.io/v1/';

/** The files that are read, the first that knows the registry deciding. */
export function credentialFiles(env: Readonly<Record<string, string | undefined>>): string[] {
  const { REGISTRY_AUTH_FILE, DOCKER_CONFIG, HOME, XDG_RUNTIME_DIR } = env;
  const docker = DOCKER_CONFIG || (HOME ? join(HOME, '.docker') : '');
  return [
    REGISTRY_AUTH_FILE ?? '',
    docker && join(docker, 'config.json'),
    XDG_RUNTIME_DIR ? join(XDG_RUNTIME_DIR, 'containers', 'auth.json') : '',
  ].filter((file) => file !== '');
}

async function readConfig(file: string): Promise<AuthConfig | undefined> {
  try {
    return parseAuthConfig(file, await readFile(file, 'utf8'));
  } catch (error) {
    if (error instanceof TsbuildError) throw error;
    const code = errnoOf(error);
    if (code === 'ENOENT' || code === 'ENOTDIR') return undefined;
    throw new TsbuildError('CREDENTIALS_INVALID', `cannot read ${file}`, {
      hint: 'check its permissions',
      cause: error,
    });
  }
}

/** Credentials from the files that the environment names; each is read at most once. */
export function createCredentialStore(env: Readonly<Record<string, string | undefined>>): CredentialStore {
  let configs: Promise<readonly AuthConfig[]> | undefined;
  const readAll = async (): Promise<readonly AuthConfig[]> => {
    const read = await Promise.all(credentialFiles(env).map(readConfig));
    return read.filter((config) => config !== undefined);
  };
  const askHelper = async (
    config: AuthConfig,
    name: string,
    server: string,
    signal: AbortSignal | undefined,
  ): Promise<Credential | undefined> => {
    const answer = await runCredentialHelper({ name, server, file: config.file, env, signal });
    if (answer === undefined) return undefined;
    const { username, secret } = answer;
    return username === '<token>' ? { identityToken: secret } : { username, password: secret };
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
    return askHelper(config, config.credsStore, registry === 'docker.io' ? HUB_SERVER : registry, signal);
  };
  return {
    async lookup(registry, repository, signal) {
      configs ??= readAll();
      for (const config of await configs) {
        const found = await lookupIn(config, registry, repository, signal);
        if (found !== undefined) return found;
      }
      return undefined;
    },
  };
}
