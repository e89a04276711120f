// The credential files of docker (config.json) and podman (auth.json; containers-auth.json(5)): reading them and
// finding an entry.
// Invariant: an entry is only found for the registry, and the part of its path, that it is written for.
import { TsbuildError } from '../core/errors.js';

export interface AuthEntry {
  readonly auth?: string;
  readonly username?: string;
  readonly password?: string;
  readonly identitytoken?: string;
  readonly registrytoken?: string;
}

export interface AuthConfig {
  /** For messages. */
  readonly file: string;
  readonly auths: Readonly<Record<string, AuthEntry>>;
  readonly credHelpers: Readonly<Record<string, string>>;
  readonly credsStore?: string;
}

/** `<token>` is the user name under which docker keeps identity tokens. */
export interface Credential {
  readonly username?: string;
  readonly password?: string;
  /** An OAuth2 refresh token. */
  readonly identityToken?: string;
  /** A bearer token that the registry takes as it is. */
  readonly registryToken?: string;
  /**
   * Where it was found, for messages: `/home/u/.docker/config.json`, `docker-credential-pass of
   * /home/u/.docker/config.json`, `DOCKER_AUTH_CONFIG`. The only member when the helper that keeps it is not installed:
   * the text says so then.
   */
  readonly from?: string;
}

const HUB_NAMES = new Set(['docker.io', 'index.docker.io', 'registry-1.docker.io']);
const FIELDS = ['auth', 'username', 'password', 'identitytoken', 'registrytoken'] as const;

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

function invalid(file: string, why: string): TsbuildError {
  return new TsbuildError('CREDENTIALS_INVALID', `${file}: ${why}`, { hint: `correct ${file}` });
}

function parseEntry(file: string, key: string, value: unknown): AuthEntry {
  if (!isRecord(value)) throw invalid(file, `auths[${JSON.stringify(key)}] is not an object`);
  const present = FIELDS.filter((field) => value[field] !== undefined && value[field] !== '');
  if (present.some((field) => typeof value[field] !== 'string')) {
    throw invalid(file, `auths[${JSON.stringify(key)}] has a field that is not a text`);
  }
  return Object.fromEntries(present.map((field) => [field, value[field]]));
}

function recordOf(file: string, name: string, value: unknown): Record<string, unknown> {
  if (value === undefined || value === null) return {};
  if (!isRecord(value)) throw invalid(file, `${name} is not an object`);
  return value;
}

function parseHelpers(file: string, value: unknown): Record<string, string> {
  const entries = Object.entries(recordOf(file, 'credHelpers', value));
  return Object.fromEntries(
    entries.map(([host, name]) => {
      if (typeof name !== 'string') throw invalid(file, `credHelpers[${JSON.stringify(host)}] is not a text`);
      return [host, name];
    }),
  );
}

function parseEntries(file: string, value: unknown): Record<string, AuthEntry> {
  return Object.fromEntries(
    Object.entries(recordOf(file, 'auths', value)).map(([key, entry]) => [key, parseEntry(file, key, entry)]),
  );
}

/** The object in a credential file; an empty file is an empty one. @throws TsbuildError CREDENTIALS_INVALID */
export function parseConfigObject(file: string, text: string): Record<string, unknown> {
  let parsed: unknown;
  try {
    parsed = text.trim() === '' ? {} : JSON.parse(text);
  } catch {
    // The parser's message quotes the text, which holds secrets.
    throw invalid(file, 'not JSON');
  }
  if (!isRecord(parsed)) throw invalid(file, 'not a JSON object');
  return parsed;
}

/** @throws TsbuildError CREDENTIALS_INVALID naming the file, never a value of it */
export function parseAuthConfig(file: string, text: string): AuthConfig {
  const { auths, credHelpers, credsStore } = parseConfigObject(file, text);
  if (credsStore !== undefined && typeof credsStore !== 'string')
    throw invalid(file, 'credsStore is not a text');
  return {
    file,
    auths: parseEntries(file, auths),
    credHelpers: parseHelpers(file, credHelpers),
    ...(credsStore ? { credsStore } : {}),
  };
}

/** ~/.dockercfg: the entries alone. @throws TsbuildError CREDENTIALS_INVALID */
export function parseLegacyConfig(file: string, text: string): AuthConfig {
  return { file, auths: parseEntries(file, parseConfigObject(file, text)), credHelpers: {} };
}

const VARIABLE = 'DOCKER_AUTH_CONFIG';

/**
 * The value of DOCKER_AUTH_CONFIG: `{"auths":{"host":{"auth":"…"}}}` and nothing else, as docker has it.
 * @throws TsbuildError CREDENTIALS_INVALID naming the variable and the field
 */
export function parseEnvironmentAuth(text: string): AuthConfig {
  const parsed = parseConfigObject(VARIABLE, text);
  refuseUnknown(Object.keys(parsed), 'auths', '');
  const auths = parseEntries(VARIABLE, parsed['auths']);
  for (const [host, entry] of Object.entries(recordOf(VARIABLE, 'auths', parsed['auths']))) {
    refuseUnknown(Object.keys(entry as object), 'auth', ` of auths[${JSON.stringify(host)}]`);
  }
  return { file: VARIABLE, auths, credHelpers: {} };
}

function refuseUnknown(fields: readonly string[], known: string, where: string): void {
  const unknown = fields.find((field) => field !== known);
  if (unknown === undefined) return;
  const message = `${VARIABLE}: unknown field ${JSON.stringify(unknown)}${where}`;
  throw new TsbuildError('CREDENTIALS_INVALID', message, {
    hint: `write ${VARIABLE}='{"auths":{"HOST":{"auth":"BASE64 OF USER:PASSWORD"}}}', or put it into config.json`,
  });
}

/**
 * A key of `auths` or `credHelpers` as `host[:port][/path]`: without a scheme, and without the API version of legacy
 * keys.
 */
function normalizeKey(key: string): string {
  const plain = key
    .replace(/^https?:\/\//i, '')
    .replace(/\/+$/, '')
    .replace(/\/v[12]$/, '');
  const [host = '', ...path] = plain.split('/');
  return [HUB_NAMES.has(host.toLowerCase()) ? 'docker.io' : host.toLowerCase(), ...path].join('/');
}

function covers(key: string, name: string): boolean {
  return name === key || name.startsWith(`${key}/`);
}

/** The longest key that covers the repository, on borders of path components; a sibling path is never covered. */
export function findKey(keys: readonly string[], registry: string, repository: string): string | undefined {
  const name = `${normalizeKey(registry)}/${repository}`;
  const found = keys
    .map((key) => ({ key, normal: normalizeKey(key) }))
    .filter(({ normal }) => covers(normal, name))
    .sort((a, b) => b.normal.length - a.normal.length);
  return found[0]?.key;
}

/** The keys of `auths` that stand for exactly this registry, or this part of it: legacy forms too. */
export function keysOf(
  config: AuthConfig,
  { registry, path }: { readonly registry: string; readonly path: string },
): string[] {
  const name = [normalizeKey(registry), path].filter(Boolean).join('/');
  return Object.keys(config.auths).filter((key) => normalizeKey(key) === name);
}

/** What an entry says; undefined when it is empty, as docker leaves it beside a credential store. */
export function credentialOf(config: AuthConfig, key: string): Credential | undefined {
  const entry = config.auths[key] ?? {};
  const [username, password] =
    entry.auth === undefined ? [entry.username, entry.password] : decodeAuth(config, key, entry.auth);
  const hasPassword = username !== undefined && password !== undefined;
  if (!hasPassword && entry.identitytoken === undefined && entry.registrytoken === undefined)
    return undefined;
  return {
    ...(hasPassword ? { username, password } : {}),
    ...(entry.identitytoken === undefined ? {} : { identityToken: entry.identitytoken }),
    ...(entry.registrytoken === undefined ? {} : { registryToken: entry.registrytoken }),
    from: config.file,
  };
}

function decodeAuth(config: AuthConfig, key: string, auth: string): [string, string] {
  const text = Buffer.from(auth, 'base64').toString('utf8');
  const colon = text.indexOf(':');
  if (colon < 1)
    throw invalid(config.file, `auths[${JSON.stringify(key)}].auth is not base64 of user:password`);
  // docker pads with NUL bytes.
  return [text.slice(0, colon), text.slice(colon + 1).replace(/\0+$/, '')];
}
