// The documents of an exported image: manifest, index.json with its names, and docker's manifest.json. Pure.
import { digestOf } from '../core/digest.js';
import { assembleManifest, toDockerManifest } from '../oci/assemble-image.js';
import { familiarReference, parseReference } from '../oci/reference.js';
import { MEDIA, type Descriptor, type ImageAnnotations } from '../oci/types.js';
import type { Image } from '../images/image.js';

const CREATED = 'org.opencontainers.image.created';

/** What the documents of one image are made of. */
export interface DescribedImage {
  readonly image: Pick<Image, 'config' | 'configBytes'>;
  /** As they are to be exported, bottom first. */
  readonly layers: readonly Descriptor[];
  readonly annotations: Partial<ImageAnnotations>;
  /** False for the media types of docker's schema 2, which has no annotations. Default true. */
  readonly ociMediaTypes?: boolean;
}

/** An image as it is to be exported. */
export interface ExportedImage extends DescribedImage {
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
}

export interface ImageDocuments {
  /** With the platform, and the annotations that an index has of it. */
  readonly manifest: Descriptor;
  readonly manifestBytes: Buffer;
  readonly config: Descriptor;
}

export interface LayoutDocuments extends ImageDocuments {
  readonly indexJson: string;
  readonly dockerManifestJson: string;
}

function descriptorOf(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** Manifest and config; an index or a metadata file has `manifest` as it is. */
export function imageDocuments({
  image,
  layers,
  annotations,
  ociMediaTypes = true,
}: DescribedImage): ImageDocuments {
  const { os, architecture, variant, created } = image.config;
  const ociConfig = descriptorOf(MEDIA.ociConfig, image.configBytes);
  const oci = assembleManifest(ociConfig, layers, annotations.manifest);
  const document = ociMediaTypes ? oci : toDockerManifest(oci);
  const manifestBytes = Buffer.from(JSON.stringify(document, null, 2));
  const described = {
    ...(created === undefined ? {} : { [CREATED]: created }),
    ...annotations.descriptor,
  };
  return {
    manifest: {
      ...descriptorOf(document.mediaType ?? MEDIA.ociManifest, manifestBytes),
      platform: { architecture, os, ...(variant ? { variant } : {}) },
      ...(Object.keys(described).length > 0 && { annotations: described }),
    },
    manifestBytes,
    config: document.config,
  };
}

/** One index entry per name, as BuildKit writes them: the tag alone in ref.name, the full name for containerd. */
function namedEntries(manifest: Descriptor, names: readonly string[]): Descriptor[] {
  if (names.length === 0) return [manifest];
  return names.map((name) => ({
    ...manifest,
    annotations: {
      'io.containerd.image.name': name,
      ...manifest.annotations,
      'org.opencontainers.image.ref.name': parseReference(name).tag ?? name,
    },
  }));
}

export function layoutDocuments(exported: ExportedImage): LayoutDocuments {
  const { layers, names } = exported;
  const documents = imageDocuments(exported);
  const blob = (d: Descriptor) => `blobs/${d.digest.replace(':', '/')}`;
  return {
    ...documents,
    indexJson: JSON.stringify(
      {
        schemaVersion: 2,
        mediaType: MEDIA.ociIndex,
        manifests: namedEntries(documents.manifest, names),
      },
      null,
      2,
    ),
    dockerManifestJson: JSON.stringify([
      {
        Config: blob(documents.config),
        RepoTags: names.map((name) => familiarReference(parseReference(name))),
        Layers: layers.map(blob),
      },
    ]),
  };
}
