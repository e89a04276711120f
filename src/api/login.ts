// `login`: a name and a password, checked with the registry and kept where docker and podman find them.
import type { BuildOptions } from '../build-options.js';
import { now } from '../clock.js';
import { closeAfter } from '../core/close-after.js';
import { TsbuildError } from '../core/errors.js';
import { refuseAborted } from '../validate-arguments.js';
import { authFileOf } from './auth-file-of.js';
import { loginRequest } from './request-checks.js';

export interface LoginRequest {
  /** `registry.example:5000`; default docker.io. With `authFile`, a part of a registry too: `quay.io/team`. */
  readonly registry?: string;
  readonly username: string;
  /** Or an access token. */
  readonly password: string;
  /** Where it is kept; default $REGISTRY_AUTH_FILE, else docker's config.json. */
  readonly authFile?: string;
}

export interface LoginResult {
  /** `docker.io`, `registry.example:5000`, `quay.io/team` */
  readonly registry: string;
  /** Where it is kept, for messages: a file, or `docker-credential-pass of FILE`. */
  readonly keptIn: string;
  /** Everybody who can read the file can read the password. */
  readonly isPlain: boolean;
  /** False when the registry asks nobody for credentials, so that it said nothing about these. */
  readonly isChecked: boolean;
}

/**
 * Nothing is kept unless the registry accepts it.
 * @throws TsbuildError REGISTRY_UNAUTHORIZED, REGISTRY_UNREACHABLE, REGISTRY_PROTOCOL, CREDENTIALS_INVALID,
 * OPTION_INVALID, ABORTED
 */
export async function login(request: LoginRequest, options: BuildOptions = {}): Promise<LoginResult> {
  loginRequest(request, 'request');
  refuseAborted(options.signal);
  const { username, password } = request;
  refuseUnusable(username, password);
  const { env = process.env, onEvent, signal = new AbortController().signal } = options;
  const [
    { createTransport },
    { readRegistryOptions },
    { originsOf },
    { parseServerName },
    { checkLogin },
    { keepCredential },
  ] = await Promise.all([
    import('../registry/transport.js'),
    import('../registry/read-registry-options.js'),
    import('../registry/mirrors.js'),
    import('../registry/login/server-name.js'),
    import('../registry/login/check-login.js'),
    import('../registry/login/keep-credential.js'),
  ]);
  const { insecureHosts } = await readRegistryOptions(env);
  const { file, isNamed } = authFileOf(request.authFile, options);
  const server = parseServerName(request.registry ?? '', {
    isPathAllowed: isNamed,
    isPlainAllowed: (host) => originsOf(host, insecureHosts).some((origin) => origin.startsWith('http:')),
  });
  const onSilence = (host: string) =>
    onEvent?.({ kind: 'note', message: `${host} has not answered for some seconds; still waiting` });
  const transport = createTransport({ now, env, insecureHosts, onSilence });
  const { registry, path } = server;
  const found = await closeAfter(
    () => checkLogin(transport, { registry, username, password, insecureHosts, signal }),
    [() => transport.dispose()],
  );
  const kept = await keepCredential(
    server,
    { username, password },
    {
      file,
      env,
      isHelperDetected: !isNamed,
      signal,
    },
  );
  return {
    registry: [registry, path].filter(Boolean).join('/'),
    keptIn: kept.where,
    isPlain: kept.isPlain,
    isChecked: found === 'accepted',
  };
}

function refuseUnusable(username: string, password: string): void {
  const why =
    username === ''
      ? 'the user name is empty'
      : password === ''
        ? 'the password is empty'
        : username.includes(':')
          ? 'a user name has no colon'
          : undefined;
  if (why !== undefined) throw new TsbuildError('OPTION_INVALID', `cannot log in: ${why}`);
}
