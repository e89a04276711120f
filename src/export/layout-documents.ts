// The documents of an exported image: manifest, index.json with its names, and docker's manifest.json. Pure.
import { digestOf } from '../core/digest.js';
import { assembleManifest } from '../oci/assemble-image.js';
import { familiarReference, parseReference } from '../oci/reference.js';
import { MEDIA, type Descriptor } from '../oci/types.js';
import type { Image } from '../images/image.js';

/** An image as it is to be exported. */
export interface ExportedImage {
  readonly image: Pick<Image, 'config' | 'configBytes'>;
  /** As they are to be exported, bottom first. */
  readonly layers: readonly Descriptor[];
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
  readonly annotations: Readonly<Record<string, string>>;
}

export interface LayoutDocuments {
  readonly manifest: Descriptor;
  readonly manifestBytes: Buffer;
  readonly config: Descriptor;
  readonly indexJson: string;
  readonly dockerManifestJson: string;
}

function descriptorOf(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** One index entry per name, as BuildKit writes them: the tag alone in ref.name, the full name for containerd. */
function namedEntries(manifest: Descriptor, { image, names }: ExportedImage): Descriptor[] {
  const created =
    image.config.created === undefined ? {} : { 'org.opencontainers.image.created': image.config.created };
  if (names.length === 0) return [{ ...manifest, annotations: created }];
  return names.map((name) => ({
    ...manifest,
    annotations: {
      'io.containerd.image.name': name,
      ...created,
      'org.opencontainers.image.ref.name': parseReference(name).tag ?? name,
    },
  }));
}

export function layoutDocuments(exported: ExportedImage): LayoutDocuments {
  const { image, layers, names, annotations } = exported;
  const config = descriptorOf(MEDIA.ociConfig, image.configBytes);
  const manifestBytes = Buffer.from(JSON.stringify(assembleManifest(config, layers, annotations), null, 2));
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
      { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: namedEntries(manifest, exported) },
      null,
      2,
    ),
    dockerManifestJson: JSON.stringify([
      {
        Config: blob(config),
        RepoTags: names.map((name) => familiarReference(parseReference(name))),
        Layers: layers.map(blob),
      },
    ]),
  };
}
