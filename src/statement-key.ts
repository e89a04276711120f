// The private key that signs images: a PEM in a file or in a variable of the environment.
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
export function readStatementKey(key: string, place: KeyPlace): StatementKey {
  const privateKey = parseKey(textOf(key, place), key, place.env[PASSWORD]);
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
function parseKey(pem: string, name: string, password: string | undefined): KeyObject {
  if (/ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY/.test(pem))
    throw badKey(name, "has cosign's own encryption, which is not read");
  try {
    return createPrivateKey({ key: pem, ...(password && { passphrase: password }) });
  } catch {
    if (!pem.includes('ENCRYPTED')) throw badKey(name, 'is no private key in PEM');
    throw new TsbuildError(
      'SIGNING_FAILED',
      `the key ${name} is encrypted, and ${PASSWORD} ${password ? 'is not its password' : 'is not set'}`,
      { hint: `set ${PASSWORD} to the password of the key` },
    );
  }
}

function badKey(key: string, what: string): TsbuildError {
  return new TsbuildError('SIGNING_FAILED', `the key ${key} ${what}`, { hint: MAKE_A_KEY });
}
