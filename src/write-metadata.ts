// --iidfile and --metadata-file, in the form buildx gives them. Paths are absolute.
import type { Digest } from './core/digest.js';
import { replaceFile } from './export/replace-file.js';
import type { Descriptor } from './oci/types.js';

/** The image's id: the digest of its config. @throws TsbuildError OUTPUT_FAILED */
export function writeIdFile(path: string, config: Digest): Promise<void> {
  return replaceFile(path, (file) => file.writeFile(config));
}

export interface ImageFacts {
  /** As exported. */
  readonly manifest: Descriptor;
  readonly config: Digest;
  readonly names: readonly string[];
  /** Manifest of the remote cache that was written. */
  readonly cache?: Descriptor | undefined;
}

/** @throws TsbuildError OUTPUT_FAILED */
export function writeMetadataFile(
  path: string,
  { manifest, config, names, cache }: ImageFacts,
): Promise<void> {
  const metadata = {
    ...(cache && { 'cache.manifest': cache }),
    'containerimage.config.digest': config,
    'containerimage.descriptor': manifest,
    'containerimage.digest': manifest.digest,
    ...(names.length > 0 ? { 'image.name': names.join(',') } : {}),
  };
  return replaceFile(path, (file) => file.writeFile(`${JSON.stringify(metadata, null, 2)}\n`));
}
