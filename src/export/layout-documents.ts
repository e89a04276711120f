// The documents of one exported image: its manifest, and what an index says of it. Pure.
import { digestOf } from '../core/digest.js';
import { assembleManifest, toDockerManifest } from '../oci/assemble-image.js';
import { MEDIA, type Descriptor, type ImageAnnotations } from '../oci/types.js';
import type { Image } from '../images/image.js';
import type { PackedImage } from './archive/archive-documents.js';

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

function descriptorOf(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** Of the OCI media type. */
export function configDescriptor({ configBytes }: Pick<Image, 'configBytes'>): Descriptor {
  return descriptorOf(MEDIA.ociConfig, configBytes);
}

/** Manifest and config; an index or a metadata file has `manifest` as it is. */
export function imageDocuments({
  image,
  layers,
  annotations,
  ociMediaTypes = true,
}: DescribedImage): ImageDocuments {
  const { os, architecture, variant, created } = image.config;
  const ociConfig = configDescriptor(image);
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

/** The image as it stands in an archive. */
export function packImage(exported: ExportedImage): PackedImage {
  const { image, layers, names } = exported;
  return { ...imageDocuments(exported), configBytes: image.configBytes, layers, names };
}
