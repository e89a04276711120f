// What one of several builds of one engine takes of the others, and tells them.
import type { FailedRuns } from './builder/failed-runs.js';
import type { Image } from './images/image.js';

export interface BuildHooks {
  /** Told of each RUN that fails. */
  readonly failedRuns?: FailedRuns;
  /** Images of other targets, which contexts name as `target:NAME`. */
  readonly linked?: ReadonlyMap<string, readonly Image[]>;
  /** Whether another build uses the images: what of them a remote cache has is fetched then. */
  readonly areImagesUsed?: boolean;
  /** Called with what was built, one image for each platform, after it has its names. */
  onImages?(images: readonly Image[]): void;
  /** Called with what a metadata file would hold. */
  onMetadata?(metadata: object): void;
}
