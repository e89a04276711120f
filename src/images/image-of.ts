// An image out of its documents, as a medium gave them.
import { parseDigest, type Digest, type DiffId } from '../core/digest.js';
import { TsbuildError, type ErrorCode } from '../core/errors.js';
import { parseImageConfig } from '../oci/parse-image-config.js';
import { MEDIA, type ImageManifest } from '../oci/types.js';
import type { Image } from './image.js';
import type { LayerSource } from './layer.js';

export interface ImageDocuments {
  /** Of the manifest. */
  readonly digest: Digest;
  readonly manifest: ImageManifest;
  readonly manifestBytes: Uint8Array;
  readonly configBytes: Uint8Array;
}

/**
 * @throws TsbuildError `code` when manifest and config do not belong together; REGISTRY_PROTOCOL for what is no config
 */
export function imageOf(
  { digest, manifest, manifestBytes, configBytes }: ImageDocuments,
  source: LayerSource,
  code: Extract<ErrorCode, 'REGISTRY_PROTOCOL' | 'IMAGE_INVALID'>,
): Image {
  const config = parseImageConfig(configBytes, source.name);
  const diffIds = config.rootfs.diff_ids;
  if (diffIds.length !== manifest.layers.length)
    throw new TsbuildError(
      code,
      `${source.name}: the manifest has ${manifest.layers.length} layers, and rootfs.diff_ids of the config has ${diffIds.length}`,
      { hint: 'write the image again: its config does not belong to its manifest' },
    );
  const { os, architecture, variant } = config;
  return {
    manifest: {
      mediaType: manifest.mediaType ?? MEDIA.ociManifest,
      digest,
      size: manifestBytes.length,
      platform: { architecture, os, ...(variant && { variant }) },
    },
    manifestBytes,
    config,
    configBytes,
    configDigest: manifest.config.digest,
    layers: manifest.layers.map((descriptor, i) => ({
      diffId: parseDigest(diffIds[i], `${source.name}: diff id`) as DiffId,
      descriptor,
      source,
    })),
  };
}
