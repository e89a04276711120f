// --iidfile and --metadata-file, in the form buildx gives them. Paths are absolute.
import type { Digest } from './core/digest.js';
import { replaceFile } from './export/replace-file.js';
import type { Descriptor } from './oci/types.js';

/** The image's id: the digest of its config, or of its index. @throws TsbuildError OUTPUT_FAILED */
export function writeIdFile(path: string, id: Digest): Promise<void> {
  return replaceFile(path, (file) => file.writeFile(id));
}

export interface ImageFacts {
  /** Manifest or index, as exported. */
  readonly root: Descriptor;
  /** Of the one image. */
  readonly config: Digest | undefined;
  readonly names: readonly string[];
  /** Manifest of the remote cache that was written. */
  readonly cache?: Descriptor | undefined;
  /** Members that say how it was built: `buildx.build.provenance/linux/amd64`. */
  readonly provenance?: Readonly<Record<string, object>> | undefined;
}

/** @throws TsbuildError OUTPUT_FAILED */
export function writeMetadataFile(path: string, facts: ImageFacts): Promise<void> {
  return writeJsonFile(path, metadataOf(facts));
}

/** @throws TsbuildError OUTPUT_FAILED */
export function writeJsonFile(path: string, content: object): Promise<void> {
  return replaceFile(path, (file) => file.writeFile(`${JSON.stringify(content, null, 2)}\n`));
}

/** The content of a metadata file. */
export function metadataOf({ root, config, names, cache, provenance }: ImageFacts): object {
  return {
    ...provenance,
    ...(cache && { 'cache.manifest': cache }),
    'containerimage.config.digest': config,
    'containerimage.descriptor': root,
    'containerimage.digest': root.digest,
    ...(names.length > 0 ? { 'image.name': names.join(',') } : {}),
  };
}
