// Private keys as ssh-keygen writes them (OpenSSH, PROTOCOL.key), without a passphrase. Pure.
import { createPrivateKey, type JsonWebKey, type KeyObject } from 'node:crypto';
import { CURVES } from './key-types.js';
import { readWire, type WireReader } from './wire.js';

const ARMOR = /-----BEGIN OPENSSH PRIVATE KEY-----([\sA-Za-z0-9+/=]+)-----END OPENSSH PRIVATE KEY-----/;
const MAGIC = 'openssh-key-v1\0';

export function isOpensshKey(text: string): boolean {
  return ARMOR.test(text);
}

/** Null when it needs a passphrase. @throws Error when it is damaged or of a kind that is not known */
export function parseOpensshKey(text: string): KeyObject | null {
  const bytes = Buffer.from(ARMOR.exec(text)?.[1] ?? '', 'base64');
  if (bytes.subarray(0, MAGIC.length).toString('latin1') !== MAGIC) throw new Error('not an OpenSSH key');
  const reader = readWire(bytes.subarray(MAGIC.length));
  const [cipher] = [reader.string().toString('latin1'), reader.string(), reader.string()];
  if (cipher !== 'none') return null;
  if (reader.uint32() !== 1) throw new Error('more than one key');
  reader.string();
  const key = readWire(reader.string());
  if (key.uint32() !== key.uint32()) throw new Error('damaged');
  return createPrivateKey({ key: readKey(key.string().toString('latin1'), key), format: 'jwk' });
}

function readKey(type: string, reader: WireReader): JsonWebKey {
  if (type === 'ssh-ed25519') return readEd25519(reader);
  if (type === 'ssh-rsa') return readRsa(reader);
  if (type.startsWith('ecdsa-sha2-')) return readEcdsa(reader);
  throw new Error(`keys of type ${type} are not supported`);
}

const base64url = (bytes: Buffer): string => bytes.toString('base64url');

function readEd25519(reader: WireReader): JsonWebKey {
  const x = reader.string();
  return { kty: 'OKP', crv: 'Ed25519', x: base64url(x), d: base64url(reader.string().subarray(0, 32)) };
}

/** Integers without the zero that keeps their sign. */
function natural(reader: WireReader): Buffer {
  const bytes = reader.string();
  return bytes[0] === 0 ? bytes.subarray(1) : bytes;
}

function readRsa(reader: WireReader): JsonWebKey {
  const names = ['n', 'e', 'd', 'qi', 'p', 'q'] as const;
  const [n, e, d, qi, p, q] = names.map(() => natural(reader)) as [
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
    Buffer,
  ];
  const [dp, dq] = [exponent(d, p), exponent(d, q)];
  const fields = Object.entries({ n, e, d, p, q, dp, dq, qi }).map(([name, value]) => [
    name,
    base64url(value),
  ]);
  return { kty: 'RSA', ...Object.fromEntries(fields) };
}

/** `d mod (prime - 1)`, which the file leaves out. */
function exponent(d: Buffer, prime: Buffer): Buffer {
  const number = (bytes: Buffer): bigint => BigInt(`0x0${bytes.toString('hex')}`);
  const modulus = number(prime) - 1n;
  if (modulus <= 0n) throw new Error('damaged');
  return Buffer.from((number(d) % modulus).toString(16).padStart(prime.length * 2, '0'), 'hex');
}

function readEcdsa(reader: WireReader): JsonWebKey {
  const name = reader.string().toString('latin1');
  const curve = CURVES.find((it) => it.name === name);
  const point = reader.string();
  const d = natural(reader);
  if (!curve || point[0] !== 4 || point.length !== 1 + 2 * curve.size || d.length > curve.size)
    throw new Error('damaged');
  const [x, y] = [point.subarray(1, 1 + curve.size), point.subarray(1 + curve.size)];
  const padded = Buffer.concat([Buffer.alloc(curve.size - d.length), d]);
  return { kty: 'EC', crv: curve.jwk, x: base64url(x), y: base64url(y), d: base64url(padded) };
}
