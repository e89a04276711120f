// The documents of one exported image: its manifest, and what an index says of it. Pure.
import { digestOf } from '../core/digest.js';
import { assembleManifest, toDockerManifest } from '../oci/assemble-image.js';
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

export interface ImageDocuments {
  /** As an index has it: with the platform, and the annotations of `manifest-descriptor`. */
  readonly manifest: Descriptor;
  readonly manifestBytes: Buffer;
  readonly config: Descriptor;
  /** RFC 3339: when the image was made. */
  readonly created?: string;
}

function descriptorOf(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}

/** Of the OCI media type. */
export function configDescriptor({ configBytes }: Pick<Image, 'configBytes'>): Descriptor {
  return descriptorOf(MEDIA.ociConfig, configBytes);
}

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
  const isDescribed = Object.keys(annotations.descriptor ?? {}).length > 0;
  return {
    manifest: {
      ...descriptorOf(document.mediaType ?? MEDIA.ociManifest, manifestBytes),
      platform: { architecture, os, ...(variant ? { variant } : {}) },
      ...(isDescribed && { annotations: annotations.descriptor }),
    },
    manifestBytes,
    config: document.config,
    ...(created !== undefined && { created }),
  };
}

/** What is at the top of an archive, or has a name, says when it was made. */
export function withCreated(descriptor: Descriptor, created: string | undefined): Descriptor {
  if (created === undefined) return descriptor;
  return { ...descriptor, annotations: { [CREATED]: created, ...descriptor.annotations } };
}
