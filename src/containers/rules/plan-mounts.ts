// All mounts of a container: those of other containers, the asked ones over them, and a volume for each VOLUME path
// that has no other (moby daemon/volumes.go registerMountPoints, daemon/create_unix.go). Pure.
import { TsbuildError } from '../../core/errors.js';
import type { RequestedMount } from '../container-request.js';

export interface AskedMounts {
  /** In the order of the command line. */
  readonly mounts: readonly RequestedMount[];
  /** Of the containers of `--volumes-from`, in their order. */
  readonly fromOthers: readonly RequestedMount[];
  /** VOLUME paths of the image. */
  readonly volumePaths: readonly string[];
}

/**
 * In the order in which they are to be mounted: a target comes before what lies below it.
 * @throws TsbuildError OPTION_INVALID `Duplicate mount point: X`
 */
export function planMounts({ mounts, fromOthers, volumePaths }: AskedMounts): readonly RequestedMount[] {
  const byTarget = new Map(fromOthers.map((mount) => [mount.target, mount]));
  const asked = new Set<string>();
  for (const mount of mounts) {
    if (asked.has(mount.target))
      throw new TsbuildError('OPTION_INVALID', `Duplicate mount point: ${mount.target}`);
    asked.add(mount.target);
    byTarget.set(mount.target, mount);
  }
  for (const target of volumePaths)
    if (!byTarget.has(target)) byTarget.set(target, { type: 'volume', target });
  return [...byTarget.values()].sort((a, b) => depthOf(a.target) - depthOf(b.target));
}

function depthOf(path: string): number {
  return path.split('/').length;
}
