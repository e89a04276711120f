// Keys for signatures, and openssl as the one who verifies them.
import { execFileSync } from 'node:child_process';
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

/** A key of the curve P-256, made by openssl. */
export function newKey(folder: string): KeyFiles {
  const files = { private: join(folder, 'image.key'), public: join(folder, 'image.pub') };
  const openssl = (...args: readonly string[]) => execFileSync('openssl', args, { stdio: 'ignore' });
  openssl('genpkey', '-algorithm', 'EC', '-pkeyopt', 'ec_paramgen_curve:P-256', '-out', files.private);
  openssl('pkey', '-in', files.private, '-pubout', '-out', files.public);
  return { ...files, pem: readFileSync(files.private, 'utf8'), folder };
}

interface Bundle {
  readonly verificationMaterial: { readonly publicKey: { readonly hint: string } };
  readonly dsseEnvelope: {
    readonly payload: string;
    readonly payloadType: string;
    readonly signatures: readonly { readonly sig: string }[];
  };
}

/** The statement of a bundle. Throws when openssl does not take the signature. */
export function verifiedByOpenssl(
  bundle: Buffer,
  key: Pick<KeyFiles, 'public' | 'folder'>,
): { readonly predicateType: string; readonly subject: unknown } {
  const { dsseEnvelope } = JSON.parse(bundle.toString()) as Bundle;
  const { payload, payloadType, signatures } = dsseEnvelope;
  const statement = Buffer.from(payload, 'base64');
  const head = `DSSEv1 ${payloadType.length} ${payloadType} ${statement.length} `;
  const [signed, signature] = [join(key.folder, 'signed'), join(key.folder, 'signature')];
  writeFileSync(signed, Buffer.concat([Buffer.from(head), statement]));
  writeFileSync(signature, Buffer.from(signatures[0]!.sig, 'base64'));
  execFileSync('openssl', ['dgst', '-sha256', '-verify', key.public, '-signature', signature, signed]);
  return JSON.parse(statement.toString()) as { predicateType: string; subject: unknown };
}
