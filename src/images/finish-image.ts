// The built stage as an image: config and manifest, validated, before anything is written.
import { digestOf, type Digest } from '../core/digest.js';
import { assembleConfig, assembleManifest, toOciLayer, type ConfigInput } from '../oci/assemble-image.js';
import { MEDIA, type Descriptor, type ImageConfig } from '../oci/types.js';
import { validateImage } from '../oci/validate-image.js';
import type { ChainLayer } from './chain-layer.js';
import type { Session } from '../builder/session.js';

interface FinishedLayer {
  readonly diffId: ChainLayer['diffId'];
  readonly descriptor: Descriptor;
  readonly isBase: boolean;
}

export interface FinishedImage {
  readonly manifest: Descriptor;
  readonly config: ImageConfig;
  readonly configBytes: Buffer;
  readonly manifestBytes: Buffer;
  readonly configDigest: Digest;
  readonly layers: readonly FinishedLayer[];
}

function layerDescriptor(layer: ChainLayer): Descriptor {
  if (layer.base) return toOciLayer(layer.base.descriptor);
  return { mediaType: MEDIA.ociLayer, digest: layer.diffId, size: layer.size ?? 0 };
}

/** @throws TsbuildError IMAGE_INVALID, SECRET_LEAKED */
export function finishImage(
  session: Session,
  input: Omit<ConfigInput, 'layers'>,
  layers: readonly ChainLayer[],
  annotations: Readonly<Record<string, string>>,
): FinishedImage {
  const config = assembleConfig({ ...input, layers });
  session.secretScan?.data({ ...config, annotations }, 'the image config');
  const configBytes = Buffer.from(JSON.stringify(config));
  const configDigest = digestOf(configBytes);
  const described = layers.map((layer) => ({
    diffId: layer.diffId,
    descriptor: layerDescriptor(layer),
    isBase: layer.base !== undefined,
  }));
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
    config,
    configBytes,
    manifestBytes,
    configDigest,
    layers: described,
  };
}
