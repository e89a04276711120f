// A document that is attached to an image in a registry: an artifact whose subject is the image (image-spec,
// manifest.md; "Referrers Tag Schema" of the distribution-spec for registries that keep no list of them). Pure.
import { digestOf, type Digest } from '../core/digest.js';
import { goJson } from '../oci/go-json.js';
import { annotationsJson, descriptorJson } from '../oci/descriptor.js';
import { MEDIA, type Descriptor, type ImageIndex } from '../oci/types.js';
import { emptyConfig, type AttestationBlob } from './attestation-documents.js';

/** What is attached. */
export interface Attachment {
  /** Media type of the bytes, and of the artifact. */
  readonly type: string;
  readonly bytes: Uint8Array;
  readonly annotations: Readonly<Record<string, string>>;
}

export interface ArtifactDocuments {
  /** As a list of artifacts has it. */
  readonly manifest: Descriptor;
  readonly manifestBytes: Uint8Array;
  /** Config and layer. */
  readonly blobs: readonly AttestationBlob[];
  readonly subject: Digest;
}

/** @param subject the manifest or the index of an image */
export function artifactDocuments(
  subject: Descriptor,
  { type, bytes, annotations }: Attachment,
): ArtifactDocuments {
  const config = emptyConfig();
  const layer = { mediaType: type, digest: digestOf(bytes), size: bytes.length };
  const manifestBytes = Buffer.from(
    goJson({
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      artifactType: type,
      config: descriptorJson(config.descriptor),
      layers: [descriptorJson(layer)],
      subject: { mediaType: subject.mediaType, digest: subject.digest, size: subject.size },
      annotations: annotationsJson(annotations),
    }),
  );
  return {
    manifest: {
      mediaType: MEDIA.ociManifest,
      digest: digestOf(manifestBytes),
      size: manifestBytes.length,
      annotations,
      artifactType: type,
    },
    manifestBytes,
    blobs: [config, { descriptor: layer, bytes }],
    subject: subject.digest,
  };
}

/** Under which the list of the artifacts of an image is kept where the registry keeps none. */
export function artifactsTag(subject: Digest): string {
  return subject.replace(':', '-');
}

/** That list with one more; undefined when it has it. */
export function withArtifact(
  list: ImageIndex | undefined,
  artifact: Descriptor,
): { readonly digest: Digest; readonly bytes: Uint8Array } | undefined {
  const before = list?.manifests ?? [];
  if (before.some(({ digest }) => digest === artifact.digest)) return undefined;
  const manifests = [...before, artifact];
  const bytes = Buffer.from(
    goJson({
      schemaVersion: 2,
      mediaType: MEDIA.ociIndex,
      manifests: manifests.map(descriptorJson),
      annotations: annotationsJson(list?.annotations),
    }),
  );
  return { digest: digestOf(bytes), bytes };
}
