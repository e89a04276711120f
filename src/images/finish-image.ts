// The built stage as an image: config and manifest, validated, before anything is written.
import { digestOf } from '../core/digest.js';
import { assembleConfig, assembleManifest, toOciLayer, type ConfigInput } from '../oci/assemble-image.js';
import { MEDIA } from '../oci/types.js';
import { validateImage } from '../oci/validate-image.js';
import type { Image } from './image.js';
import type { Layer } from './layer.js';

/** @throws TsbuildError IMAGE_INVALID */
export function finishImage(
  input: Omit<ConfigInput, 'layers'>,
  layers: readonly Layer[],
  annotations: Readonly<Record<string, string>>,
): Image {
  const config = assembleConfig({ ...input, layers });
  const configBytes = Buffer.from(JSON.stringify(config));
  const configDigest = digestOf(configBytes);
  const described = layers.map((layer) =>
    layer.source ? { ...layer, descriptor: toOciLayer(layer.descriptor) } : layer,
  );
  const manifest = assembleManifest(
    { mediaType: MEDIA.ociConfig, digest: configDigest, size: configBytes.length },
    described.map(({ descriptor }) => descriptor),
    annotations,
  );
  validateImage(manifest, config);
  const manifestBytes = Buffer.from(JSON.stringify(manifest, null, 2));
  const { os, architecture, variant } = config;
  return {
    manifest: {
      mediaType: MEDIA.ociManifest,
      digest: digestOf(manifestBytes),
      size: manifestBytes.length,
      platform: { architecture, os, ...(variant ? { variant } : {}) },
    },
    manifestBytes,
    config,
    configBytes,
    configDigest,
    layers: described,
  };
}
