// What lies beside an image in an index and speaks of it: a manifest whose layers are statements
// (BuildKit's docs/attestations/attestation-storage.md; exporter/containerimage/writer.go, commitAttestationsManifest).
// Pure.
import { digestOf } from '../core/digest.js';
import type { Image } from '../images/image.js';
import { attestationAnnotations, descriptorJson } from '../oci/descriptor.js';
import { goJson } from '../oci/go-json.js';
import type { Platform } from '../oci/platform.js';
import { MEDIA, type Descriptor } from '../oci/types.js';
import type { ImageDocuments } from './layout-documents.js';

export interface AttestationBlob {
  readonly descriptor: Descriptor;
  readonly bytes: Uint8Array;
}

export interface AttestationDocuments {
  /** As the index has it: the platform is unknown/unknown, the annotations name the manifest of the image. */
  readonly manifest: Descriptor;
  readonly manifestBytes: Uint8Array;
  /** Config and layers of the manifest. */
  readonly blobs: readonly AttestationBlob[];
}

/** Gives the attestations of an image as it is exported; undefined for none. */
export type Attest = (
  image: Image,
  documents: ImageDocuments,
  platform: Platform,
) => Promise<AttestationDocuments | undefined>;

/** A statement in the JSON that a layer has. */
export interface EncodedStatement {
  readonly predicateType: string;
  readonly bytes: Uint8Array;
}

const ARTIFACT_TYPE = 'application/vnd.docker.attestation.manifest.v1+json';
const STATEMENT = 'application/vnd.in-toto+json';
const PREDICATE_TYPE = 'in-toto.io/predicate-type';
const EMPTY = Buffer.from('{}');
const NO_PLATFORM = { architecture: 'unknown', os: 'unknown' };

/**
 * @param image the descriptor of its manifest
 * @param isArtifact false for the form that BuildKit before 0.32 wrote: an image whose layers are the statements
 */
export function attestationDocuments(
  image: Descriptor,
  statements: readonly EncodedStatement[],
  isArtifact: boolean,
): AttestationDocuments {
  const layers = statements.map(({ predicateType, bytes }) => ({
    descriptor: { ...descriptorOf(STATEMENT, bytes), annotations: { [PREDICATE_TYPE]: predicateType } },
    bytes,
  }));
  const config = isArtifact ? emptyConfig() : imageConfig(layers);
  const { mediaType, digest, size } = image;
  const manifestBytes = Buffer.from(
    goJson({
      schemaVersion: 2,
      mediaType: MEDIA.ociManifest,
      artifactType: isArtifact ? ARTIFACT_TYPE : undefined,
      config: descriptorJson(config.descriptor),
      layers: layers.map(({ descriptor }) => descriptorJson(descriptor)),
      subject: isArtifact ? { mediaType, digest, size } : undefined,
    }),
  );
  return {
    manifest: {
      ...descriptorOf(MEDIA.ociManifest, manifestBytes),
      annotations: attestationAnnotations(digest),
      platform: NO_PLATFORM,
    },
    manifestBytes,
    blobs: [config, ...layers],
  };
}

/** The statements of an attestation, as they lie in it. */
export function statementsOf({ blobs }: AttestationDocuments): readonly EncodedStatement[] {
  return blobs.flatMap(({ descriptor, bytes }) => {
    const predicateType = descriptor.annotations?.[PREDICATE_TYPE];
    return predicateType === undefined ? [] : [{ predicateType, bytes }];
  });
}

/** The empty descriptor of the image specification, manifest.md. */
export function emptyConfig(): AttestationBlob {
  const descriptor = descriptorOf('application/vnd.oci.empty.v1+json', EMPTY);
  return { descriptor: { ...descriptor, data: EMPTY.toString('base64') }, bytes: EMPTY };
}

function imageConfig(layers: readonly AttestationBlob[]): AttestationBlob {
  const bytes = Buffer.from(
    JSON.stringify({
      ...NO_PLATFORM,
      config: {},
      rootfs: { type: 'layers', diff_ids: layers.map(({ descriptor }) => descriptor.digest) },
    }),
  );
  return { descriptor: descriptorOf(MEDIA.ociConfig, bytes), bytes };
}

function descriptorOf(mediaType: string, bytes: Uint8Array): Descriptor {
  return { mediaType, digest: digestOf(bytes), size: bytes.length };
}
