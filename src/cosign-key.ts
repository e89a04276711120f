// Private keys as `cosign generate-key-pair` writes them: PKCS 8 in a secret box of NaCl, whose key scrypt makes of a
// password, as JSON in a PEM (secure-systems-lab/go-securesystemslib, encrypted/encrypted.go).
// Everything read is hostile until checked: the memory for scrypt is bounded.
import { xsalsa20poly1305 } from '@noble/ciphers/salsa.js';
import { createPrivateKey, scryptSync, type KeyObject } from 'node:crypto';

const ARMOUR = /-----BEGIN ENCRYPTED (SIGSTORE|COSIGN) PRIVATE KEY-----([\s\S]*?)-----END /;
/** The parameters of cosign take a fourth of it. */
const MAX_MEMORY = 256 << 20;
const KEY_BYTES = 32;
const NONCE_BYTES = 24;

/** Undefined when the text is no such key, or has another password. */
export function openCosignKey(pem: string, password: string): KeyObject | undefined {
  const box = boxOf(ARMOUR.exec(pem)?.[2] ?? '');
  if (!box) return undefined;
  try {
    const key = scryptSync(password, box.salt, KEY_BYTES, { ...box.cost, maxmem: MAX_MEMORY });
    const der = xsalsa20poly1305(key, box.nonce).decrypt(box.ciphertext);
    return createPrivateKey({ key: Buffer.from(der), format: 'der', type: 'pkcs8' });
  } catch {
    // Of a wrong password, or of parameters that scrypt does not take.
    return undefined;
  }
}

interface SecretBox {
  readonly cost: { readonly N: number; readonly r: number; readonly p: number };
  readonly salt: Buffer;
  readonly nonce: Buffer;
  readonly ciphertext: Buffer;
}

interface BoxFields {
  readonly kdf?: { readonly name?: unknown; readonly params?: unknown; readonly salt?: unknown };
  readonly cipher?: { readonly name?: unknown; readonly nonce?: unknown };
  readonly ciphertext?: unknown;
}

function boxOf(base64: string): SecretBox | undefined {
  const fields = parsed(Buffer.from(base64, 'base64').toString('utf8'));
  const { kdf, cipher } = fields ?? {};
  if (kdf?.name !== 'scrypt' || cipher?.name !== 'nacl/secretbox') return undefined;
  const { N, r, p } = (kdf.params ?? {}) as Record<string, unknown>;
  const [salt, nonce, ciphertext] = [kdf.salt, cipher.nonce, fields?.ciphertext].map(bytesOf);
  if (typeof N !== 'number' || typeof r !== 'number' || typeof p !== 'number') return undefined;
  if (!salt || nonce?.length !== NONCE_BYTES || !ciphertext) return undefined;
  return { cost: { N, r, p }, salt, nonce, ciphertext };
}

function parsed(text: string): BoxFields | undefined {
  try {
    const value: unknown = JSON.parse(text);
    return typeof value === 'object' && value !== null ? value : undefined;
  } catch {
    return undefined;
  }
}

function bytesOf(value: unknown): Buffer | undefined {
  return typeof value === 'string' ? Buffer.from(value, 'base64') : undefined;
}
