// Keys for signatures, and who verifies them: Node, and openssl.
import { execFileSync } from 'node:child_process';
import { generateKeyPairSync, verify } from 'node:crypto';
import { readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

export interface KeyFiles {
  /** Paths of PEM files. */
  readonly private: string;
  readonly public: string;
  /** The private one. */
  readonly pem: string;
  readonly folder: string;
}

/** A key of the curve P-256. */
export function newKey(folder: string): KeyFiles {
  const { privateKey, publicKey } = generateKeyPairSync('ec', { namedCurve: 'P-256' });
  const files = { private: join(folder, 'image.key'), public: join(folder, 'image.pub') };
  const pem = privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();
  writeFileSync(files.private, pem);
  writeFileSync(files.public, publicKey.export({ type: 'spki', format: 'pem' }));
  return { ...files, pem, folder };
}

interface Bundle {
  readonly verificationMaterial: { readonly publicKey: { readonly hint: string } };
  readonly dsseEnvelope: {
    readonly payload: string;
    readonly payloadType: string;
    readonly signatures: readonly { readonly sig: string }[];
  };
}

interface Statement {
  readonly predicateType: string;
  readonly subject: unknown;
}

/** The statement of a bundle. Throws when the signature is of another key, or of other bytes. */
export function verifiedStatement(bundle: Buffer, key: Pick<KeyFiles, 'public'>): Statement {
  const { statement, signed, signature } = partsOf(bundle);
  if (!verify('sha256', signed, readFileSync(key.public), signature)) throw new Error('not signed');
  return JSON.parse(statement.toString()) as Statement;
}

/** The same by openssl. */
export function verifyByOpenssl(bundle: Buffer, key: Pick<KeyFiles, 'public' | 'folder'>): void {
  const parts = partsOf(bundle);
  const [signed, signature] = [join(key.folder, 'signed'), join(key.folder, 'signature')];
  writeFileSync(signed, parts.signed);
  writeFileSync(signature, parts.signature);
  execFileSync('openssl', ['dgst', '-sha256', '-verify', key.public, '-signature', signature, signed]);
}

function partsOf(bundle: Buffer) {
  const { dsseEnvelope } = JSON.parse(bundle.toString()) as Bundle;
  const { payload, payloadType, signatures } = dsseEnvelope;
  const statement = Buffer.from(payload, 'base64');
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${statement.length} `;
  return {
    statement,
    signed: Buffer.concat([Buffer.from(head), statement]),
    signature: Buffer.from(signatures[0]!.sig, 'base64'),
  };
}
