// The private key that signs images: a PEM in a file or in a variable of the environment, encrypted or not, of openssl
// or of cosign.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { StatementKey } from './attestation/signed-statement.js';
import { errnoOf } from './core/errno.js';
import { TsbuildError } from './core/errors.js';

export interface KeyPlace {
  readonly cwd: string;
  readonly env: NodeJS.ProcessEnv;
}

/** Has the password of a key, as for cosign. */
const PASSWORD = 'COSIGN_PASSWORD';
const ENVIRONMENT = 'env://';
const MAKE_A_KEY =
  'make one with: openssl genpkey -algorithm EC -pkeyopt ec_paramgen_curve:P-256 -out image.key';

/**
 * @param key a path relative to `cwd`, or `env://NAME`
 * @throws TsbuildError SIGNING_FAILED for what is no such key, or has another password
 */
export async function readStatementKey(key: string, place: KeyPlace): Promise<StatementKey> {
  const privateKey = await parseKey(textOf(key, place), key, place.env[PASSWORD]);
  const { asymmetricKeyType, asymmetricKeyDetails } = privateKey;
  if (asymmetricKeyType !== 'ec' || asymmetricKeyDetails?.namedCurve !== 'prime256v1')
    throw badKey(key, `is a key of type ${asymmetricKeyType ?? 'unknown'}, not one of the curve P-256`);
  return { privateKey, publicKey: createPublicKey(privateKey) };
}

function textOf(key: string, { cwd, env }: KeyPlace): string {
  if (key.startsWith(ENVIRONMENT)) {
    const text = env[key.slice(ENVIRONMENT.length)];
    if (text) return text;
    throw badKey(key, 'is not set');
  }
  try {
    return readFileSync(resolve(cwd, key), 'utf8');
  } catch (error) {
    throw badKey(key, `cannot be read: ${errnoOf(error) ?? 'error'}`);
  }
}

/** The cause of a failure might quote the key. */
async function parseKey(pem: string, name: string, password: string | undefined): Promise<KeyObject> {
  const encrypted = /-----BEGIN ENCRYPTED (SIGSTORE |COSIGN )?PRIVATE KEY-----/.exec(pem);
  if (!encrypted && !pem.includes('Proc-Type: 4,ENCRYPTED')) {
    const key = keyOf(pem);
    if (key) return key;
    throw badKey(name, 'is no private key in PEM');
  }
  const key =
    encrypted?.[1] === undefined
      ? keyOf(pem, password)
      : (await import('./cosign-key.js')).openCosignKey(pem, password ?? '');
  if (key) return key;
  throw new TsbuildError(
    'SIGNING_FAILED',
    `the key ${name} is encrypted, and ${PASSWORD} ${password === undefined ? 'is not set' : 'is not its password'}`,
    { hint: `set ${PASSWORD} to the password of the key` },
  );
}

function keyOf(pem: string, passphrase?: string): KeyObject | undefined {
  try {
    return createPrivateKey({ key: pem, ...(passphrase !== undefined && { passphrase }) });
  } catch {
    return undefined;
  }
}

function badKey(key: string, what: string): TsbuildError {
  return new TsbuildError('SIGNING_FAILED', `the key ${key} ${what}`, { hint: MAKE_A_KEY });
}
