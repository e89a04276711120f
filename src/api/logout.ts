// `logout`: removes what `login`, docker or podman have kept.
import type { BuildOptions } from '../build-options.js';
import { refuseAborted } from '../validate-arguments.js';
import { authFileOf } from './auth-file-of.js';
import { logoutRequest } from './request-checks.js';

export interface LogoutRequest {
  /** `registry.example:5000`; default docker.io. With `authFile`, a part of a registry too: `quay.io/team`. */
  readonly registry?: string;
  /** Of every registry that the file has an entry for. */
  readonly isAll?: boolean;
  /** Default $REGISTRY_AUTH_FILE, else docker's config.json. */
  readonly authFile?: string;
}

export interface LoggedOut {
  /** `docker.io`, `registry.example:5000`, `quay.io/team` */
  readonly registry: string;
  /** Whether there was something to remove. */
  readonly isRemoved: boolean;
  /** What still gives credentials for the registry, for messages: another file, DOCKER_AUTH_CONFIG. */
  readonly stillIn?: string;
}

/** @throws TsbuildError CREDENTIALS_INVALID, OPTION_INVALID, ABORTED */
export async function logout(
  request: LogoutRequest,
  options: BuildOptions = {},
): Promise<readonly LoggedOut[]> {
  logoutRequest(request, 'request');
  refuseAborted(options.signal);
  const { env = process.env, signal = new AbortController().signal } = options;
  const [{ parseServerName }, { registriesIn, removeCredential }, { createCredentialStore, hasSecret }] =
    await Promise.all([
      import('../registry/login/server-name.js'),
      import('../registry/login/keep-credential.js'),
      import('../registry/credentials.js'),
    ]);
  const { file, isNamed } = authFileOf(request.authFile, options);
  const names = request.isAll ? await registriesIn(file) : [request.registry ?? ''];
  const servers = names.map((name) =>
    parseServerName(name, { isPathAllowed: isNamed || request.isAll === true, isPlainAllowed: () => true }),
  );
  const results: LoggedOut[] = [];
  for (const server of new Map(servers.map((known) => [known.key, known])).values()) {
    const isRemoved = await removeCredential(server, { file, env, isHelperDetected: false, signal });
    const left = await createCredentialStore(env, { uid: process.getuid?.() }).lookup(
      server.registry,
      server.path,
      signal,
    );
    const registry = [server.registry, server.path].filter(Boolean).join('/');
    const stillIn = left && hasSecret(left) ? left.from : undefined;
    results.push({ registry, isRemoved, ...(stillIn === undefined ? {} : { stillIn }) });
  }
  return results;
}
