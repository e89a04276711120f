// A cache mount of a RUN: which directory it is, and with what it begins. No key of a step knows of it.
import { posix } from 'node:path';
import { formatPlatform } from '../../oci/platform.js';
import type { Mount } from '../../parser/instruction.js';
import type { RunStep } from '../../plan/step.js';
import type { MountSource, MountSpec } from '../../worker/sandbox.js';
import type { StageRun } from '../stage-run.js';
import type { UsedMount } from '../used-mounts.js';

type CacheMount = Extract<Mount, { type: 'cache' }>;

export interface WantedMount {
  readonly mount: CacheMount;
  readonly target: string;
  /** First content of a new directory. */
  readonly seed: MountSource | undefined;
}

export async function cacheMount(
  run: StageRun,
  step: RunStep,
  { mount, target, seed }: WantedMount,
): Promise<MountSpec> {
  const { usedMounts, mountSource, request } = run.tools;
  const namespace = request.buildArgs?.['BUILDKIT_CACHE_MOUNT_NS'] ?? '';
  const name = mount.id ?? posix.normalize(target);
  const id = JSON.stringify([namespace, name, ...beginning(mount, seed)]);
  const known = usedMounts.get(id);
  const use: UsedMount = known ?? { id, name, platforms: new Set() };
  usedMounts.set(id, use);
  use.platforms.add(formatPlatform(run.platform));
  const { mode = 0o755, uid = 0, gid = 0 } = mount;
  // --no-cache empties a cache once a build: what a step leaves there is for the steps after it.
  const isReset = step.isCacheIgnored && !known;
  if (mountSource && !isReset) {
    const { restoreMount } = await import('./restore-mount.js');
    await (use.restored ??= restoreMount(run, mountSource, { id, mode, uid, gid }, name));
  }
  const spec = { type: 'cache', target, id, sharing: mount.sharing, mode, uid, gid } as const;
  return { ...spec, isReadonly: mount.readonly, ...(seed ? { seed } : {}), isReset };
}

/**
 * What one id has several caches of: their first content, by its layers, and owner and mode, if any of them is given
 * (BuildKit solver/llbsolver/mounts getRefCacheDir, dockerfile2llb setCacheUIDGID).
 */
function beginning({ uid, gid, mode }: CacheMount, seed: MountSource | undefined): readonly unknown[] {
  const content = seed?.layers.length ? [seed.layers.map(({ diffId }) => diffId), seed.subpath] : ['', ''];
  const isOwned = (uid ?? gid ?? mode) !== undefined;
  return isOwned ? [...content, { uid: uid ?? 0, gid: gid ?? 0, mode: mode ?? 0o755 }] : content;
}
