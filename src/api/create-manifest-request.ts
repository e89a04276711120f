// An index to be joined of images that exist.
import type { Platform } from '../oci/platform.js';

export interface CreateManifestRequest {
  /** References, digests, `oci-layout://PATH[:TAG]`, descriptors as JSON. */
  readonly sources: readonly string[];
  /** Files that hold one source each; they come before `sources`. */
  readonly files?: readonly string[];
  /** Names of the result; none only in a dry run. */
  readonly tags?: readonly string[];
  /** What the first tag stands for is the first source. */
  readonly isAppended?: boolean;
  /** `index:KEY=VALUE`, `manifest-descriptor[PLATFORM]:KEY=VALUE` */
  readonly annotations?: readonly string[];
  /** False leaves a single manifest as it is. Default true. */
  readonly isIndexPreferred?: boolean;
  /** Entries of other platforms are left out; none keeps all. */
  readonly platforms?: readonly Platform[];
  /** Nothing is written to a registry. */
  readonly isDryRun?: boolean;
  readonly metadataFile?: string;
}
