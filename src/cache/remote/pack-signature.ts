// Signatures of packs: who reads only packs that carry one trusts the holder of the key, and not all who may write to
// the place. Pure. A signature tells nothing of the scope: a pack may be moved from one to another.
import { sign, verify, type KeyObject } from 'node:crypto';
import type { Digest } from '../../core/digest.js';

/** ed25519 over the digest of the packed bytes, as text. Base64. */
export function signPack(digest: Digest, privateKey: KeyObject): string {
  return sign(null, Buffer.from(digest), privateKey).toString('base64');
}

export function isSignedBy(
  publicKey: KeyObject,
  { digest, signature }: { readonly digest: Digest; readonly signature: string | undefined },
): boolean {
  if (signature === undefined) return false;
  return verify(null, Buffer.from(digest), publicKey, Buffer.from(signature, 'base64'));
}
