// The documents of the images of a build as one output has them: what of it depends on the output's form.
import type { NamedClaim } from './build-claims.js';
import type { Attest, AttestationDocuments } from './export/attestation-documents.js';
import type { RootDocuments, RootOptions } from './export/index-documents.js';
import { configDescriptor, imageDocuments } from './export/layout-documents.js';
import type { DescribedBuild } from './export/pack-root.js';
import type { Image } from './images/image.js';
import { platformOfDescriptor } from './oci/descriptor.js';
import { writeIndex } from './oci/index-json.js';
import { MEDIA, type Descriptor } from './oci/types.js';
import type { Digest } from './core/digest.js';
import { annotationsFor, indexAnnotations, type Annotation } from './plan/annotations.js';

export interface BuildDescription {
  /** In the order of the platforms; at least one. */
  readonly images: readonly Image[];
  /** An index also of one image. */
  readonly isIndex: boolean;
  readonly annotations: readonly Annotation[];
  readonly attest?: Attest;
  /** What is said of an image, for outputs of files. */
  readonly claimsOf?: (image: Image) => Promise<readonly NamedClaim[]>;
}

/** What an output has of a build: the manifest of its one image, or an index. */
export interface ExportedRoot {
  readonly root: Descriptor;
  /** Absent for an index. */
  readonly configDigest?: Digest;
}

/** @param layers as they are exported, bottom first. @throws what `attest` throws */
export async function describeImage(
  image: Image,
  layers: readonly Descriptor[],
  { annotations, attest }: Pick<BuildDescription, 'annotations' | 'attest'>,
  ociMediaTypes = true,
): Promise<DescribedBuild> {
  const platform = platformOfDescriptor(image.config);
  const own = annotationsFor(annotations, platform);
  const documents = imageDocuments({ image, layers, annotations: own, ociMediaTypes });
  const attestations = await attest?.(image, documents, platform);
  return { image, layers, documents, ...(attestations && { attestations }) };
}

export function rootOptionsOf(
  { isIndex, annotations }: Pick<BuildDescription, 'isIndex' | 'annotations'>,
  ociMediaTypes = true,
): RootOptions {
  return { annotations: indexAnnotations(annotations), isIndexForced: isIndex, ociMediaTypes };
}

export function exportedRoot(
  { root }: Pick<RootDocuments, 'root'>,
  { images }: Pick<BuildDescription, 'images'>,
): ExportedRoot {
  const [first] = images;
  // Of an index nobody says which config is meant.
  return first && root.platform ? { root, configDigest: first.configDigest } : { root };
}

/** The index of images as they lie in the store; what its entries say beside the platform is what was asked for. */
export function indexOfStore(
  images: readonly Image[],
  annotations: readonly Annotation[],
  attestations: readonly AttestationDocuments[] = [],
): { readonly root: Descriptor; readonly indexBytes: Uint8Array } {
  const { descriptor, bytes } = writeIndex({
    mediaType: MEDIA.ociIndex,
    manifests: [
      ...images.map(({ manifest, config }) =>
        describedBy(manifest, annotationsFor(annotations, config).descriptor),
      ),
      ...attestations.map(({ manifest }) => manifest),
    ],
    annotations: indexAnnotations(annotations).index,
  });
  return { root: descriptor, indexBytes: bytes };
}

/** What is said of images as they lie in the store. @throws what `attest` throws */
export async function attestStored(
  images: readonly Image[],
  attest: Attest,
): Promise<readonly AttestationDocuments[]> {
  const all: AttestationDocuments[] = [];
  for (const image of images) {
    const { manifest, manifestBytes, config } = image;
    const documents = {
      manifest,
      manifestBytes: Buffer.from(manifestBytes),
      config: configDescriptor(image),
    };
    const attestations = await attest(image, documents, platformOfDescriptor(config));
    if (attestations) all.push(attestations);
  }
  return all;
}

function describedBy(manifest: Descriptor, annotations: Readonly<Record<string, string>>): Descriptor {
  return Object.keys(annotations).length === 0 ? manifest : { ...manifest, annotations };
}
