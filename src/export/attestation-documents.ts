// What lies beside an image in an index and speaks of it: a manifest whose layers are statements
// (BuildKit's docs/attestations/attestation-storage.md). Plain data.
import type { Image } from '../images/image.js';
import type { Platform } from '../oci/platform.js';
import type { Descriptor } from '../oci/types.js';
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
