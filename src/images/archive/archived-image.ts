// An image as it lies in an archive.
import type { Platform } from '../../oci/platform.js';
import type { Image } from '../image.js';
import type { ArchiveBlobs } from './archive-files.js';
import type { AttestedRoot } from './archived-attestations.js';

export interface ArchivedImage {
  /** Its layers are read from the archive when they are needed. */
  readonly image: Image;
  readonly blobs: ArchiveBlobs;
  /** `docker.io/library/app:1`; none for an image that the archive gives no name. */
  readonly names: readonly string[];
  /** The index that its names stand for, when that has attestations of the image. */
  readonly attested?: AttestedRoot;
  /** Platforms of the same name that were passed over, as `linux/arm64`. */
  readonly others: readonly string[];
}

export interface Choice {
  /** What was asked for; an image for another platform is refused then. */
  readonly platform?: Platform | undefined;
  /** Taken of an image for several platforms when none was asked for. */
  readonly local: Platform;
}
