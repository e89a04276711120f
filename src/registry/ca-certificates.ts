// The authorities of --ca-cert and TSBUILD_CA_CERT: PEM files that must be there and hold certificates.
import { X509Certificate } from 'node:crypto';
import { readFile } from 'node:fs/promises';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';

const CERTIFICATE = /-----BEGIN CERTIFICATE-----[^-]+-----END CERTIFICATE-----/g;

function invalid(path: string, why: string, hint: string, cause?: unknown): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `the certificate file ${path}: ${why}`, { hint, cause });
}

async function certificatesIn(path: string): Promise<string[]> {
  let text: string;
  try {
    text = await readFile(path, 'utf8');
  } catch (error) {
    const why = errnoOf(error) === 'ENOENT' ? 'no such file' : 'cannot be read';
    throw invalid(path, why, 'check the path in --ca-cert and TSBUILD_CA_CERT', error);
  }
  const certificates = text.match(CERTIFICATE) ?? [];
  const hint = `it must be PEM; a DER file becomes one with: openssl x509 -inform der -in ${path} -out ${path}.pem`;
  if (certificates.length === 0) throw invalid(path, 'no certificate in it', hint);
  for (const certificate of certificates) {
    try {
      void new X509Certificate(certificate);
    } catch (error) {
      throw invalid(path, 'a certificate in it cannot be read', hint, error);
    }
  }
  return certificates;
}

/**
 * The certificates of all files that TSBUILD_CA_CERT names, parted by colons, as one PEM text; undefined when it names
 * none.
 * @throws TsbuildError OPTION_INVALID naming the file
 */
export async function readCaCertificates(
  env: Readonly<Record<string, string | undefined>>,
): Promise<string | undefined> {
  const paths = (env['TSBUILD_CA_CERT'] ?? '').split(':').filter(Boolean);
  if (paths.length === 0) return undefined;
  const certificates = await Promise.all(paths.map(certificatesIn));
  return `${[...new Set(certificates.flat())].join('\n')}\n`;
}

/** What Node trusts without being told, as one PEM text. */
export async function builtInAuthorities(): Promise<string> {
  const { rootCertificates } = await import('node:tls');
  return `${rootCertificates.join('\n')}\n`;
}
