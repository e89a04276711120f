// The documents at the top of an archive of images: index.json of the OCI layout, and docker's manifest.json. Pure.
import { familiarReference, parseReference } from '../../oci/reference.js';
import { MEDIA, type Descriptor } from '../../oci/types.js';

/** An image as it stands in an archive. */
export interface PackedImage {
  /** With the platform, and the annotations that an index has of it. */
  readonly manifest: Descriptor;
  readonly manifestBytes: Uint8Array;
  readonly config: Descriptor;
  readonly configBytes: Uint8Array;
  /** Bottom first. */
  readonly layers: readonly Descriptor[];
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
}

/** Where a blob lies in the archive. */
export function blobPath({ digest }: Pick<Descriptor, 'digest'>): string {
  return `blobs/${digest.replace(':', '/')}`;
}

export function indexJson(images: readonly PackedImage[]): string {
  const manifests = images.flatMap(namedEntries);
  return JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests }, null, 2);
}

export function dockerManifestJson(images: readonly PackedImage[]): string {
  return JSON.stringify(
    images.map(({ config, names, layers }) => ({
      Config: blobPath(config),
      RepoTags: names.map((name) => familiarReference(parseReference(name))),
      Layers: layers.map(blobPath),
    })),
  );
}

/** One index entry per name, as BuildKit writes them: the tag alone in ref.name, the full name for containerd. */
function namedEntries({ manifest, names }: PackedImage): Descriptor[] {
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
