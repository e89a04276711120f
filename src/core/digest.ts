// Digests of the OCI image specification (descriptor.md#digests). Only sha256 is accepted: a digest becomes a file name
// and a URL part.
import { createHash, type Hash } from 'node:crypto';
import { TsbuildError } from './errors.js';

declare const digestBrand: unique symbol;
declare const diffIdBrand: unique symbol;

/** `sha256:<64 hex>` of the bytes as stored or transferred. */
export type Digest = string & { readonly [digestBrand]: 'Digest' };
/**
 * `sha256:<64 hex>` of the uncompressed layer tar. A layer made here is stored uncompressed, so its digest equals its
 * diff id.
 */
export type DiffId = Digest & { readonly [diffIdBrand]: 'DiffId' };

const FORM = /^sha256:[0-9a-f]{64}$/;

export function isDigest(text: unknown): text is Digest {
  return typeof text === 'string' && FORM.test(text);
}

/**
 * @throws TsbuildError REGISTRY_PROTOCOL when the text is not a sha256 digest (CVE-2024-3727: digests are used in paths
 * and URLs).
 */
export function parseDigest(text: unknown, what: string): Digest {
  if (isDigest(text)) return text;
  throw new TsbuildError(
    'REGISTRY_PROTOCOL',
    `${what}: ${JSON.stringify(String(text).slice(0, 100))} is not a sha256 digest`,
  );
}

const FORM_OF_ANY = /^[a-z0-9]+(?:[.+_-][a-z0-9]+)*:[a-zA-Z0-9=_-]+$/;

/** Why a text is no digest, as opencontainers/go-digest says it (digest.go, Validate) where it knows sha256 alone. */
export function digestFault(text: string): string {
  const isSha256 = text.startsWith('sha256:') && text !== 'sha256:';
  if (!isSha256 && !FORM_OF_ANY.test(text)) return 'invalid checksum digest format';
  if (!isSha256) return 'unsupported digest algorithm';
  const hasLength = Buffer.byteLength(text) === 'sha256:'.length + 64;
  return hasLength ? 'invalid checksum digest format' : 'invalid checksum digest length';
}

/** The 64 hex digits. */
export function hexOf(digest: Digest): string {
  return digest.slice('sha256:'.length);
}

export function digestOf(data: string | Uint8Array): Digest {
  return `sha256:${createHash('sha256').update(data).digest('hex')}` as Digest;
}

export function digestOfHash(hash: Hash): Digest {
  return `sha256:${hash.digest('hex')}` as Digest;
}
