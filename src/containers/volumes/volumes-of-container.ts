// The volumes of one container: got ready before a start, and let go when it is removed.
import type { OpenContainer } from '../../worker/containers/container-process.js';
import type { ContainerHost } from '../container-host.js';
import type { ContainerRecord } from '../container-record.js';
import { buryVolume, claimVolume, volumeData } from './volume-store.js';
import { volumeUsers } from './volume-users.js';

/**
 * What the worker has to get ready. An empty volume gets what the image has at its place, unless the mount says no or
 * shows a part of it.
 * @throws TsbuildError VOLUME_NOT_FOUND, OPTION_CONFLICT for a volume of containers with other ids, STORE_*
 */
export function volumesToOpen(
  { paths }: Pick<ContainerHost, 'paths'>,
  { mounts, host }: ContainerRecord,
): OpenContainer['volumes'] {
  return mounts.flatMap((mount) => {
    if (mount.type !== 'volume') return [];
    const { name, target, isNotCopied, subpath } = mount;
    claimVolume(paths, name, host.userns);
    const isSeeded = !isNotCopied && subpath === '';
    return [{ directory: volumeData(paths, name), ...(isSeeded && { seed: target }) }];
  });
}

/**
 * Takes the anonymous volumes of a container whose record is gone out of sight, as far as no other container uses them.
 * @returns the folders that are to be deleted
 * @throws TsbuildError STORE_*
 */
export function buryAnonymousVolumes(
  { paths }: Pick<ContainerHost, 'paths'>,
  { id, mounts }: ContainerRecord,
): readonly string[] {
  const own = mounts.flatMap((mount) => (mount.type === 'volume' && mount.isAnonymous ? [mount.name] : []));
  if (own.length === 0) return [];
  const users = volumeUsers(paths);
  const doomed = own.filter((name) => !users.get(name)?.some((user) => user !== id));
  return doomed.flatMap((name) => buryVolume(paths, name) ?? []);
}
