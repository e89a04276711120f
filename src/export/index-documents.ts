// What the names of a built image stand for: the manifest of the one image, or an index of several images and of their
// attestations (BuildKit's exporter/containerimage/writer.go). Pure.
// Invariant: all images come first, in the order of the platforms, then all attestations in the same order.
import { TsbuildError } from '../core/errors.js';
import { writeIndex } from '../oci/index-json.js';
import { MEDIA, type Descriptor, type IndexAnnotations } from '../oci/types.js';
import type { AttestationDocuments } from './attestation-documents.js';
import { withCreated, type ImageDocuments } from './layout-documents.js';

/** An image of one platform as it is to be exported. */
export interface BuiltImageDocuments {
  readonly documents: ImageDocuments;
  readonly attestations?: AttestationDocuments;
}

export interface RootOptions {
  readonly annotations?: IndexAnnotations;
  /** An index also of one image without attestations. Default false. */
  readonly isIndexForced?: boolean;
  /** False for docker's manifest list. Default true. */
  readonly ociMediaTypes?: boolean;
}

export interface RootDocuments {
  /** Says when the image was made. The platform is that of the only image; an index has none. */
  readonly root: Descriptor;
  /** Absent when the root is the manifest of the only image. */
  readonly indexBytes?: Uint8Array;
}

/**
 * @param images at least one
 * @throws TsbuildError OPTION_UNSUPPORTED with BuildKit's words, for what docker's media types have no place for, and
 * for annotations of an index that is not made
 */
export function rootDocuments(
  images: readonly BuiltImageDocuments[],
  options: RootOptions = {},
): RootDocuments {
  const { index = {}, indexDescriptor = {} } = options.annotations ?? {};
  const { ociMediaTypes = true, isIndexForced = false } = options;
  const attestations = images.flatMap((image) => image.attestations?.manifest ?? []);
  const areDescribed = isNotEmpty(index) || isNotEmpty(indexDescriptor);
  const [first, ...others] = images.map(({ documents }) => documents);
  if (first && others.length === 0 && attestations.length === 0 && !isIndexForced) {
    if (areDescribed) throw unsupported('index annotations not supported for single platform export');
    return { root: withCreated(first.manifest, first.created) };
  }
  if (!ociMediaTypes && (areDescribed || attestations.length > 0)) {
    const what = areDescribed ? 'annotations' : 'attestations';
    throw unsupported(`cannot export ${what} with "oci-mediatypes=false"`);
  }
  const { descriptor, bytes } = writeIndex({
    mediaType: ociMediaTypes ? MEDIA.ociIndex : MEDIA.dockerList,
    manifests: [...images.map(({ documents }) => documents.manifest), ...attestations],
    annotations: index,
  });
  const described = { ...descriptor, ...(isNotEmpty(indexDescriptor) && { annotations: indexDescriptor }) };
  return { root: withCreated(described, latest(images)), indexBytes: bytes };
}

function isNotEmpty(annotations: Readonly<Record<string, string>>): boolean {
  return Object.keys(annotations).length > 0;
}

function latest(images: readonly BuiltImageDocuments[]): string | undefined {
  const times = images.flatMap(({ documents }) => documents.created ?? []);
  return times.toSorted((a, b) => Date.parse(b) - Date.parse(a))[0];
}

function unsupported(message: string): TsbuildError {
  return new TsbuildError('OPTION_UNSUPPORTED', message);
}
