// Before a process gets a cache mount that this machine does not have: its content comes from a remote cache. What
// cannot be had is told, and the mount begins as if there were no remote cache.
import type { MountSource } from '../../cache/remote/mount-source.js';
import { TsbuildError } from '../../core/errors.js';
import { formatPlatform } from '../../oci/platform.js';
import { cacheMountName } from '../../store/cache-mount-name.js';
import type { RestoredMount } from '../../worker/sandbox.js';
import type { StageRun } from '../stage-run.js';

/**
 * @param name for the user
 * @throws TsbuildError ABORTED
 */
export async function restoreMount(
  { tools, platform }: StageRun,
  source: MountSource,
  mount: RestoredMount,
  name: string,
): Promise<void> {
  const { signal, files, emit } = tools;
  try {
    const { caches } = await tools.sandbox.get();
    if (await caches.isThere(mount.id)) return;
    const layer = await source.find(cacheMountName(mount.id), formatPlatform(platform));
    if (!layer) return;
    // A blob that lies in the store already was perhaps never read as a layer, within the bounds on layers.
    await files.index(layer);
    await caches.restore(mount, await files.stored(layer), signal);
  } catch (error) {
    if (signal.aborted || !(error instanceof TsbuildError)) throw error;
    const message = `the cache mount ${name} begins without what the remote cache has of it: ${error.message}`;
    emit({ kind: 'note', message });
  }
}
