// --iidfile and --metadata-file, in the form buildx gives them.
import { resolve } from 'node:path';
import { replaceFile } from './export/replace-file.js';
import type { FinishedImage } from './images/finish-image.js';
import type { Session } from './builder/session.js';
import type { Digest } from './core/digest.js';
import type { Descriptor } from './oci/types.js';

/** The image's id: the digest of its config. @throws TsbuildError OUTPUT_FAILED */
export async function writeIdFile(session: Session, image: FinishedImage): Promise<void> {
  const { iidFile } = session.request;
  if (iidFile !== undefined)
    await replaceFile(resolve(session.cwd, iidFile), (file) => file.writeFile(image.configDigest));
}

/** @throws TsbuildError OUTPUT_FAILED */
export async function writeMetadataFile(
  session: Session,
  facts: { readonly manifest: Descriptor; readonly config: Digest; readonly names: readonly string[] },
): Promise<void> {
  const { metadataFile } = session.request;
  if (metadataFile === undefined) return;
  const { manifest, config, names } = facts;
  const metadata = {
    'containerimage.config.digest': config,
    'containerimage.descriptor': manifest,
    'containerimage.digest': manifest.digest,
    ...(names.length > 0 ? { 'image.name': names.join(',') } : {}),
  };
  const text = `${JSON.stringify(metadata, null, 2)}\n`;
  await replaceFile(resolve(session.cwd, metadataFile), (file) => file.writeFile(text));
}
