// What an archive holds of a built image: the images of its platforms, their attestations and their index. Pure.
import type { Image } from '../images/image.js';
import type { Descriptor } from '../oci/types.js';
import type { PackedImage, PackedRoot } from './archive/archive-documents.js';
import type { AttestationBlob, AttestationDocuments } from './attestation-documents.js';
import { rootDocuments, type BuiltImageDocuments, type RootOptions } from './index-documents.js';

/** An image of one platform with its documents. */
export interface DescribedBuild extends BuiltImageDocuments {
  readonly image: Pick<Image, 'configBytes'>;
  /** As they are to be exported, bottom first. */
  readonly layers: readonly Descriptor[];
}

export interface PackOptions extends RootOptions {
  /** `docker.io/library/app:1` */
  readonly names: readonly string[];
}

/** @throws TsbuildError as rootDocuments */
export function packRoot(builds: readonly DescribedBuild[], { names, ...options }: PackOptions): PackedRoot {
  const { root, indexBytes } = rootDocuments(builds, options);
  const index = indexBytes ? [{ descriptor: root, bytes: indexBytes }] : [];
  const attestations = builds.flatMap((build) => (build.attestations ? attested(build.attestations) : []));
  return { root, names, images: builds.map(packedImage), documents: [...attestations, ...index] };
}

/** All blobs of an attestation, its manifest last. */
export function attested({ manifest, manifestBytes, blobs }: AttestationDocuments): readonly AttestationBlob[] {
  return [...blobs, { descriptor: manifest, bytes: manifestBytes }];
}

function packedImage({ image, layers, documents }: DescribedBuild): PackedImage {
  const { manifest, manifestBytes, config } = documents;
  return { manifest, manifestBytes, config, configBytes: image.configBytes, layers };
}
