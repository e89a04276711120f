// The kinds of keys that the agent signs with: their names in SSH, in JWK and in node:crypto, and their public form on
// the wire.
// Spec: RFC 4253 section 6.6, RFC 5656 section 3.1, RFC 8709.
import { createPublicKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { mpint, string } from './wire.js';

export interface Curve {
  /** Its name in SSH: the type of a key is `ecdsa-sha2-` and this. */
  readonly name: string;
  readonly jwk: string;
  /** Length of a coordinate in bytes. */
  readonly size: number;
  readonly hash: string;
}

export const CURVES: readonly Curve[] = [
  { name: 'nistp256', jwk: 'P-256', size: 32, hash: 'sha256' },
  { name: 'nistp384', jwk: 'P-384', size: 48, hash: 'sha384' },
  { name: 'nistp521', jwk: 'P-521', size: 66, hash: 'sha512' },
];

export function curveOf({ crv }: JsonWebKey): Curve | undefined {
  return CURVES.find(({ jwk }) => jwk === crv);
}

function field(jwk: JsonWebKey, name: 'n' | 'e' | 'x' | 'y'): Buffer {
  return Buffer.from(jwk[name] ?? '', 'base64url');
}

/** The public key as SSH sends it; undefined for a kind that is not known. */
export function publicBlob(privateKey: KeyObject): Buffer | undefined {
  // DSA and others have no JWK.
  if (!['rsa', 'ec', 'ed25519'].includes(privateKey.asymmetricKeyType ?? '')) return undefined;
  const jwk = createPublicKey(privateKey).export({ format: 'jwk' });
  if (jwk.kty === 'RSA')
    return Buffer.concat([string('ssh-rsa'), mpint(field(jwk, 'e')), mpint(field(jwk, 'n'))]);
  if (jwk.kty === 'OKP') return Buffer.concat([string('ssh-ed25519'), string(field(jwk, 'x'))]);
  const curve = curveOf(jwk);
  if (!curve) return undefined;
  const point = Buffer.concat([Buffer.of(4), field(jwk, 'x'), field(jwk, 'y')]);
  return Buffer.concat([string(`ecdsa-sha2-${curve.name}`), string(curve.name), string(point)]);
}
