// The documents at the top of an archive of images: index.json of the OCI layout, and docker's manifest.json. Pure.
import { familiarReference, parseReference } from '../../oci/reference.js';
import { MEDIA, type Descriptor } from '../../oci/types.js';
import type { AttestationBlob } from '../attestation-documents.js';

/** An image as it stands in an archive. */
export interface PackedImage {
  readonly manifest: Descriptor;
  readonly manifestBytes: Uint8Array;
  readonly config: Descriptor;
  readonly configBytes: Uint8Array;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
}

/** What names in an archive stand for: an image, or an index of images and attestations. */
export interface PackedRoot {
  /** As index.json has it: when it was made, and the platform of the one image. */
  readonly root: Descriptor;
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
  readonly images: readonly PackedImage[];
  /** What is in no image: the index, and attestations. */
  readonly documents: readonly AttestationBlob[];
  /** The one of the images that readers of manifest.json get; default the first. */
  readonly dockerImage?: PackedImage;
}

/** Where a blob lies in the archive. */
export function blobPath({ digest }: Pick<Descriptor, 'digest'>): string {
  return `blobs/${digest.replace(':', '/')}`;
}

export function indexJson(roots: readonly PackedRoot[]): string {
  const manifests = roots.flatMap(namedEntries);
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests }, null, 2);
}

export function dockerManifestJson(roots: readonly PackedRoot[]): string {
  return JSON.stringify(
    roots.flatMap(({ names, images: [first], dockerImage = first }) =>
      dockerImage
        ? {
            Config: blobPath(dockerImage.config),
            RepoTags: names.map((name) => familiarReference(parseReference(name))),
            Layers: dockerImage.layers.map(blobPath),
          }
        : [],
    ),
  );
}

/** One index entry per name, as BuildKit writes them: the tag alone in ref.name, the full name for containerd. */
function namedEntries({ root, names }: PackedRoot): Descriptor[] {
  if (names.length === 0) return [root];
  return names.map((name) => ({
    ...root,
    annotations: {
      'io.containerd.image.name': name,
      ...root.annotations,
      'org.opencontainers.image.ref.name': parseReference(name).tag ?? name,
    },
  }));
}
