// Where a login is kept and removed: in the helper that the file names, else in the file itself, as docker does it
// (docker/cli cli/config/credentials, cli/command/registry/logout.go).
// Invariant: a password is in one place; the file has an empty entry for what a helper keeps.
import { TsbuildError } from '../../core/errors.js';
import { findKey, keysOf, parseAuthConfig, type AuthConfig, type AuthEntry } from '../auth-config.js';
import { eraseInHelper, runCredentialHelper, storeInHelper, type HelperCall } from '../credential-helper.js';
import { parseAuthFile, readAuthFile, writeAuthFile, type AuthDocument } from './auth-file.js';
import { detectHelper } from './detect-helper.js';
import type { ServerName } from './server-name.js';

export interface AuthFileUse {
  /** A path. */
  readonly file: string;
  /** Of helpers. */
  readonly env: Readonly<Record<string, string | undefined>>;
  /** Whether a file that says nothing may take the helper of the machine. */
  readonly isHelperDetected: boolean;
  readonly signal: AbortSignal;
}

export interface Kept {
  /** For messages: a file, or `docker-credential-pass of FILE`. */
  readonly where: string;
  /** It can be read from the file. */
  readonly isPlain: boolean;
}

interface OpenFile {
  readonly content: AuthDocument;
  readonly config: AuthConfig;
}

async function openFile(file: string): Promise<OpenFile> {
  const text = await readAuthFile(file);
  return { content: parseAuthFile(file, text), config: parseAuthConfig(file, text ?? '') };
}

function helperOf(config: AuthConfig, { registry, path }: ServerName): string | undefined {
  const key = findKey(Object.keys(config.credHelpers), registry, path);
  return (key === undefined ? undefined : config.credHelpers[key]) ?? config.credsStore;
}

function isUnused({ auths, credHelpers, credsStore }: AuthConfig): boolean {
  return credsStore === undefined && Object.keys({ ...auths, ...credHelpers }).length === 0;
}

/** The file with one entry for the server: a second form of its name could be found before it. */
function withEntry({ content, config }: OpenFile, server: ServerName, entry: AuthEntry): AuthDocument {
  return { ...content, auths: { ...authsWithout(content, keysOf(config, server)), [server.key]: entry } };
}

function authsWithout(content: AuthDocument, keys: readonly string[]): Record<string, unknown> {
  const auths = Object.entries((content['auths'] ?? {}) as object).filter(([key]) => !keys.includes(key));
  return Object.fromEntries(auths);
}

/** @throws TsbuildError CREDENTIALS_INVALID, ABORTED */
export async function keepCredential(
  server: ServerName,
  { username, password }: { readonly username: string; readonly password: string },
  use: AuthFileUse,
): Promise<Kept> {
  const { file, env, signal } = use;
  const opened = await openFile(file);
  const { config } = opened;
  const callOf = (name: string): HelperCall => ({ name, server: server.key, file, env, signal });
  const named = helperOf(config, server);
  const found = use.isHelperDetected && isUnused(config) ? await detectHelper(env['PATH'] ?? '') : undefined;
  const secret = { username, secret: password };
  if (named !== undefined) {
    await storeInHelper(callOf(named), secret);
    await writeAuthFile(file, withEntry(opened, server, {}));
    return { where: `docker-credential-${named} of ${file}`, isPlain: false };
  }
  if (found !== undefined && (await isStored(callOf(found), secret))) {
    await writeAuthFile(file, { ...withEntry(opened, server, {}), credsStore: found });
    return { where: `docker-credential-${found} of ${file}`, isPlain: false };
  }
  const auth = Buffer.from(`${username}:${password}`).toString('base64');
  await writeAuthFile(file, withEntry(opened, server, { auth }));
  return { where: file, isPlain: true };
}

/** Nobody has asked for this helper: one that does not work, as without a desktop, is passed over. */
async function isStored(
  call: HelperCall,
  secret: { readonly username: string; readonly secret: string },
): Promise<boolean> {
  try {
    await storeInHelper(call, secret);
    return true;
  } catch (error) {
    if (error instanceof TsbuildError && error.code === 'CREDENTIALS_INVALID') return false;
    throw error;
  }
}

/**
 * Removes what the file, or the helper that it names, has for a registry, under every form of its name that tools have
 * written. Whether there was anything.
 * @throws TsbuildError CREDENTIALS_INVALID, ABORTED
 */
export async function removeCredential(server: ServerName, use: AuthFileUse): Promise<boolean> {
  const { content, config } = await openFile(use.file);
  const keys = keysOf(config, server);
  const wasInHelper = await eraseFromHelper(config, server, keys, use);
  if (keys.length === 0) return wasInHelper;
  await writeAuthFile(use.file, { ...content, auths: authsWithout(content, keys) });
  return true;
}

async function eraseFromHelper(
  config: AuthConfig,
  server: ServerName,
  keys: readonly string[],
  { file, env, signal }: AuthFileUse,
): Promise<boolean> {
  const name = helperOf(config, server);
  if (name === undefined) return false;
  let wasThere = false;
  for (const key of new Set([server.key, ...keys])) {
    const call = { name, server: key, file, env, signal };
    if ((await runCredentialHelper(call)).kind === 'none') continue;
    await eraseInHelper(call);
    wasThere = true;
  }
  return wasThere;
}

/**
 * Every registry, or part of one, that the file has an entry or a helper for.
 * @throws TsbuildError CREDENTIALS_INVALID
 */
export async function registriesIn(file: string): Promise<readonly string[]> {
  const { config } = await openFile(file);
  return Object.keys({ ...config.auths, ...config.credHelpers });
}
