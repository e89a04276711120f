// A key of the agent: read from a file's text, and what it signs. Pure.
import { createPrivateKey, sign, type KeyObject } from 'node:crypto';
import { curveOf, publicBlob } from './key-types.js';
import { isOpensshKey, parseOpensshKey } from './openssh-key.js';
import { mpint, string } from './wire.js';

export interface AgentKey {
  readonly privateKey: KeyObject;
  /** As SSH sends it. */
  readonly publicBlob: Buffer;
}

/** What the text of a key file comes to. */
export type ReadKey =
  { readonly key: AgentKey } | { readonly problem: 'passphrase' | 'unreadable' | 'unsupported' };

export function readAgentKey(text: string): ReadKey {
  if (/-----BEGIN ENCRYPTED PRIVATE KEY-----|^Proc-Type: *4, *ENCRYPTED/m.test(text))
    return { problem: 'passphrase' };
  let privateKey: KeyObject | null;
  try {
    privateKey = isOpensshKey(text) ? parseOpensshKey(text) : createPrivateKey(text);
  } catch {
    // Why a key is damaged says nothing that its owner could act on.
    return { problem: 'unreadable' };
  }
  if (!privateKey) return { problem: 'passphrase' };
  const blob = publicBlob(privateKey);
  return blob ? { key: { privateKey, publicBlob: blob } } : { problem: 'unsupported' };
}

/** Flags of a request to sign (draft-miller-ssh-agent section 5.3). */
const RSA_SHA2_256 = 2;
const RSA_SHA2_512 = 4;

/** The signature as SSH sends it: the name of the algorithm and its value. */
export function signWith({ privateKey }: AgentKey, data: Buffer, flags: number): Buffer {
  switch (privateKey.asymmetricKeyType) {
    case 'ed25519':
      return signature('ssh-ed25519', sign(null, data, privateKey));
    case 'rsa':
      if (flags & RSA_SHA2_256) return signature('rsa-sha2-256', sign('sha256', data, privateKey));
      if (flags & RSA_SHA2_512) return signature('rsa-sha2-512', sign('sha512', data, privateKey));
      return signature('ssh-rsa', sign('sha1', data, privateKey));
    default:
      return signEcdsa(privateKey, data);
  }
}

function signature(algorithm: string, value: Buffer): Buffer {
  return Buffer.concat([string(algorithm), string(value)]);
}

function signEcdsa(privateKey: KeyObject, data: Buffer): Buffer {
  const { name, hash, size } = curveOf(privateKey.export({ format: 'jwk' }))!;
  const pair = sign(hash, data, { key: privateKey, dsaEncoding: 'ieee-p1363' });
  return signature(
    `ecdsa-sha2-${name}`,
    Buffer.concat([mpint(pair.subarray(0, size)), mpint(pair.subarray(size))]),
  );
}
