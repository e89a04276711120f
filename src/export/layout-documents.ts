// The documents of an exported image: manifest, index.json with its names, and docker's manifest.json. Pure.
import { digestOf } from '../core/digest.js';
import { assembleManifest } from '../oci/assemble-image.js';
import { familiarReference, parseReference } from '../oci/reference.js';
import { MEDIA, type Descriptor } from '../oci/types.js';
import type { ExportImage } from './export-image.js';

export interface LayoutDocuments {
  readonly manifest: Descriptor;
  readonly manifestBytes: Buffer;
  readonly config: Descriptor;
  readonly indexJson: string;
  readonly dockerManifestJson: string;
}

function descriptorOf(mediaType: string, bytes: Buffer): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** One index entry per name, as BuildKit writes them: the tag alone in ref.name, the full name for containerd. */
function namedEntries(manifest: Descriptor, image: ExportImage): Descriptor[] {
  const created =
    image.config.created === undefined ? {} : { 'org.opencontainers.image.created': image.config.created };
  if (image.names.length === 0) return [{ ...manifest, annotations: created }];
  return image.names.map((name) => ({
    ...manifest,
    annotations: {
      'io.containerd.image.name': name,
      ...created,
      'org.opencontainers.image.ref.name': parseReference(name).tag ?? name,
    },
  }));
}

export function layoutDocuments(image: ExportImage, layers: readonly Descriptor[]): LayoutDocuments {
  const config = descriptorOf(MEDIA.ociConfig, image.configBytes);
  const manifestBytes = Buffer.from(
    JSON.stringify(assembleManifest(config, layers, image.annotations), null, 2),
  );
  const { os, architecture, variant } = image.config;
  const manifest = {
    ...descriptorOf(MEDIA.ociManifest, manifestBytes),
    platform: { architecture, os, ...(variant ? { variant } : {}) },
  };
  const blob = (d: Descriptor) => `blobs/${d.digest.replace(':', '/')}`;
  return {
    manifest,
    manifestBytes,
    config,
    indexJson: JSON.stringify(
      { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: namedEntries(manifest, image) },
      null,
      2,
    ),
    dockerManifestJson: JSON.stringify([
      {
        Config: blob(config),
        RepoTags: image.names.map((name) => familiarReference(parseReference(name))),
        Layers: layers.map(blob),
      },
    ]),
  };
}
