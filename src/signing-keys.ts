// The key that signs packs: a PEM file of an ed25519 private key.
import { createPrivateKey, createPublicKey, type KeyObject } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { resolve } from 'node:path';
import type { SigningKeys } from './cache/remote/publish-pack.js';
import { errnoOf } from './core/errno.js';
import { TsbuildError } from './core/errors.js';

const MAKE_A_KEY = 'make one with: openssl genpkey -algorithm ed25519 -out cache.key';

/** @param file relative to `cwd` @throws TsbuildError OPTION_INVALID for a file that is no such key */
export function readSigningKeys(file: string, cwd: string): SigningKeys {
  const privateKey = parseKey(readKey(resolve(cwd, file), file), file);
  if (privateKey.asymmetricKeyType === 'ed25519')
    return { privateKey, publicKey: createPublicKey(privateKey) };
  const type = privateKey.asymmetricKeyType ?? 'unknown';
  throw new TsbuildError('OPTION_INVALID', `sign-key ${file} is a key of type ${type}, not ed25519`, {
    hint: MAKE_A_KEY,
  });
}

function readKey(path: string, name: string): Buffer {
  try {
    return readFileSync(path);
  } catch (error) {
    throw new TsbuildError(
      'OPTION_INVALID',
      `sign-key ${name} cannot be read: ${errnoOf(error) ?? 'error'}`,
      {
        hint: MAKE_A_KEY,
      },
    );
  }
}

function parseKey(pem: Buffer, name: string): KeyObject {
  try {
    return createPrivateKey(pem);
  } catch {
    // The cause might quote the file.
    throw new TsbuildError('OPTION_INVALID', `sign-key ${name} is no private key in PEM`, {
      hint: MAKE_A_KEY,
    });
  }
}
