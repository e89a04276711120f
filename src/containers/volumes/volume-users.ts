// Which containers use which volumes, as the records of containers say.
import { listDamaged, listRecords, readRecord } from '../container-files.js';
import type { ContainersPaths } from '../container-paths.js';

/**
 * Ids of containers, by name of the volume.
 * @throws TsbuildError STORE_CORRUPT when there is a damaged container, whose volumes nobody knows
 */
export function volumeUsers(paths: ContainersPaths): ReadonlyMap<string, readonly string[]> {
  for (const id of listDamaged(paths)) readRecord(paths, id);
  const users = new Map<string, readonly string[]>();
  for (const { id, mounts } of listRecords(paths))
    for (const mount of mounts) {
      if (mount.type !== 'volume') continue;
      const known = users.get(mount.name) ?? [];
      if (!known.includes(id)) users.set(mount.name, [...known, id]);
    }
  return users;
}
