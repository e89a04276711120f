// --iidfile and --metadata-file, in the form buildx gives them.
import { renameSync, writeFileSync } from 'node:fs';
import { resolve } from 'node:path';
import { TsbuildError } from './core/errors.js';
import type { FinishedImage } from './builder/finish-image.js';
import type { Session } from './builder/session.js';
import type { Digest } from './core/digest.js';
import type { Descriptor } from './oci/types.js';

/** The image's id: the digest of its config. @throws TsbuildError OUTPUT_FAILED */
export function writeIdFile(session: Session, image: FinishedImage): void {
  const { iidFile } = session.request;
  if (iidFile !== undefined) replaceFile(resolve(session.cwd, iidFile), image.configDigest);
}

/** @throws TsbuildError OUTPUT_FAILED */
export function writeMetadataFile(
  session: Session,
  facts: { readonly manifest: Descriptor; readonly config: Digest; readonly names: readonly string[] },
): void {
  const { metadataFile } = session.request;
  if (metadataFile === undefined) return;
  const { manifest, config, names } = facts;
  const metadata = {
    'containerimage.config.digest': config,
    'containerimage.descriptor': manifest,
    'containerimage.digest': manifest.digest,
    ...(names.length > 0 ? { 'image.name': names.join(',') } : {}),
  };
  replaceFile(resolve(session.cwd, metadataFile), `${JSON.stringify(metadata, null, 2)}\n`);
}

function replaceFile(path: string, text: string): void {
  const temporary = `${path}.tmp-${process.pid}`;
  try {
    writeFileSync(temporary, text, { mode: 0o644 });
    renameSync(temporary, path);
  } catch (error) {
    throw new TsbuildError('OUTPUT_FAILED', `cannot write ${path}: ${(error as Error).message}`, {
      cause: error,
    });
  }
}
