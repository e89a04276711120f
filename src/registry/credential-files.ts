// Where credentials are written down: DOCKER_AUTH_CONFIG, then the files of docker and podman, in the order in which
// they are asked (docker/cli cli/config/configfile/file.go; containers-auth.json(5)).
import { readFile } from 'node:fs/promises';
import { join } from 'node:path';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { parseAuthConfig, parseEnvironmentAuth, parseLegacyConfig, type AuthConfig } from './auth-config.js';

export type Environment = Readonly<Record<string, string | undefined>>;

interface CredentialFile {
  readonly path: string;
  /** The user has named it: its absence is an error. */
  readonly isNamed?: true;
  /** Nobody has named its folder, which may be closed to this user: podman of root makes it so. */
  readonly isImplied?: boolean;
  readonly parse: (file: string, text: string) => AuthConfig;
}

/** docker's config.json; the empty text when the environment knows no home. */
export function dockerConfigFile({ DOCKER_CONFIG, HOME }: Environment): string {
  if (DOCKER_CONFIG) return join(DOCKER_CONFIG, 'config.json');
  return HOME ? join(HOME, '.docker', 'config.json') : '';
}

function runtimeFile({ XDG_RUNTIME_DIR }: Environment, uid: number | undefined): string {
  if (XDG_RUNTIME_DIR) return join(XDG_RUNTIME_DIR, 'containers', 'auth.json');
  return uid === undefined ? '' : `/run/containers/${uid}/auth.json`;
}

function filesOf(env: Environment, uid: number | undefined): CredentialFile[] {
  const { REGISTRY_AUTH_FILE, HOME, XDG_CONFIG_HOME } = env;
  const configHome = XDG_CONFIG_HOME || (HOME ? join(HOME, '.config') : '');
  const parse = parseAuthConfig;
  const files: CredentialFile[] = [
    { path: REGISTRY_AUTH_FILE ?? '', isNamed: true, parse },
    { path: dockerConfigFile(env), parse },
    { path: runtimeFile(env, uid), isImplied: !env['XDG_RUNTIME_DIR'], parse },
    { path: configHome && join(configHome, 'containers', 'auth.json'), parse },
    { path: HOME ? join(HOME, '.dockercfg') : '', parse: parseLegacyConfig },
  ];
  return files.filter(({ path }) => path !== '');
}

/** The files that are read, the first that knows the registry deciding. `uid` as `process.getuid()`. */
export function credentialFiles(env: Environment, uid: number | undefined): string[] {
  return filesOf(env, uid).map(({ path }) => path);
}

async function readConfig({
  path,
  isNamed,
  isImplied,
  parse,
}: CredentialFile): Promise<AuthConfig | undefined> {
  try {
    return parse(path, await readFile(path, 'utf8'));
  } catch (error) {
    if (error instanceof TsbuildError) throw error;
    const code = errnoOf(error);
    const isAbsent = code === 'ENOENT' || code === 'ENOTDIR' || (isImplied === true && code === 'EACCES');
    if (isAbsent && !isNamed) return undefined;
    throw new TsbuildError('CREDENTIALS_INVALID', `cannot read ${path}${isAbsent ? ': no such file' : ''}`, {
      hint: isNamed
        ? '--authfile or REGISTRY_AUTH_FILE names it: correct the path, or make it with tsbuild login'
        : 'check its permissions',
      cause: error,
    });
  }
}

/** @throws TsbuildError CREDENTIALS_INVALID naming the variable or the file, never a value of it */
export async function readCredentialFiles(
  env: Environment,
  uid: number | undefined,
): Promise<readonly AuthConfig[]> {
  const inEnvironment = env['DOCKER_AUTH_CONFIG'];
  const first = inEnvironment ? [parseEnvironmentAuth(inEnvironment)] : [];
  const read = await Promise.all(filesOf(env, uid).map(readConfig));
  return [...first, ...read.filter((config) => config !== undefined)];
}
