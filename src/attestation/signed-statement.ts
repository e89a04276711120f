// Statements with a signature, as sigstore's tools read them: a DSSE envelope (secure-systems-lab/dsse, protocol.md) in
// a bundle (sigstore/protobuf-specs, sigstore_bundle.proto, version 0.3) that names the key by a hint. Pure.
// Model: cosign 3, `cosign sign --key`: the signature of an image is a signed statement without a predicate.
import { createHash, sign, type KeyObject } from 'node:crypto';
import { hexOf, type Digest } from '../core/digest.js';

export const BUNDLE_TYPE = 'application/vnd.dev.sigstore.bundle.v0.3+json';
/** Of the statement that says no more than that the image was signed. */
export const IMAGE_SIGNATURE = 'https://sigstore.dev/cosign/sign/v1';
const PAYLOAD_TYPE = 'application/vnd.in-toto+json';

/** An ECDSA key of the curve P-256. */
export interface StatementKey {
  readonly privateKey: KeyObject;
  readonly publicKey: KeyObject;
}

/** What cosign signs of an image. */
export function imageStatement(digest: Digest): Buffer {
  return Buffer.from(
    JSON.stringify({
      _type: 'https://in-toto.io/Statement/v1',
      subject: [{ digest: { sha256: hexOf(digest) } }],
      predicateType: IMAGE_SIGNATURE,
      predicate: {},
    }),
  );
}

/** The JSON of a bundle. */
export function signStatement(statement: Uint8Array, { privateKey, publicKey }: StatementKey): Buffer {
  const signature = sign('sha256', signedBytes(PAYLOAD_TYPE, statement), privateKey);
  return Buffer.from(
    JSON.stringify({
      mediaType: BUNDLE_TYPE,
      verificationMaterial: { publicKey: { hint: keyHint(publicKey) }, tlogEntries: [] },
      dsseEnvelope: {
        payload: Buffer.from(statement).toString('base64'),
        payloadType: PAYLOAD_TYPE,
        signatures: [{ sig: signature.toString('base64'), keyid: '' }],
      },
    }),
  );
}

/** By which verifiers find the key: the digest of its public half. */
function keyHint(publicKey: KeyObject): string {
  const der = publicKey.export({ type: 'spki', format: 'der' });
  return createHash('sha256').update(der).digest('base64');
}

/** The pre-authentication encoding of DSSE. */
function signedBytes(type: string, payload: Uint8Array): Buffer {
  const head = `DSSEv1 ${Buffer.byteLength(type)} ${type} ${payload.length} `;
  return Buffer.concat([Buffer.from(head), payload]);
}
