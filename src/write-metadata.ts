// --iidfile and --metadata-file, in the form buildx gives them.
import { resolve } from 'node:path';
import { replaceFile } from './export/replace-file.js';
import type { Image } from './images/image.js';
import type { BuildRequest } from './plan/request.js';
import type { Digest } from './core/digest.js';
import type { Descriptor } from './oci/types.js';

interface Described {
  readonly request: BuildRequest;
  readonly cwd: string;
}

/** The image's id: the digest of its config. @throws TsbuildError OUTPUT_FAILED */
export async function writeIdFile({ request, cwd }: Described, image: Image): Promise<void> {
  const { iidFile } = request;
  if (iidFile !== undefined)
    await replaceFile(resolve(cwd, iidFile), (file) => file.writeFile(image.configDigest));
}

/** @throws TsbuildError OUTPUT_FAILED */
export async function writeMetadataFile(
  { request, cwd }: Described,
  facts: { readonly manifest: Descriptor; readonly config: Digest; readonly names: readonly string[] },
): Promise<void> {
  const { metadataFile } = request;
  if (metadataFile === undefined) return;
  const { manifest, config, names } = facts;
  const metadata = {
    'containerimage.config.digest': config,
    'containerimage.descriptor': manifest,
    'containerimage.digest': manifest.digest,
    ...(names.length > 0 ? { 'image.name': names.join(',') } : {}),
  };
  const text = `${JSON.stringify(metadata, null, 2)}\n`;
  await replaceFile(resolve(cwd, metadataFile), (file) => file.writeFile(text));
}
