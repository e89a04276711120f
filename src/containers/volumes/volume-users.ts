// Which containers use which volumes, as the records of containers say.
import { listRecords } from '../container-files.js';
import type { ContainersPaths } from '../container-paths.js';

/** Ids of containers, by name of the volume. @throws TsbuildError STORE_CORRUPT */
export function volumeUsers(paths: ContainersPaths): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, readonly string[]>();
  for (const { id, mounts } of listRecords(paths))
    for (const mount of mounts) {
      if (mount.type !== 'volume') continue;
      const known = users.get(mount.name) ?? [];
      if (!known.includes(id)) users.set(mount.name, [...known, id]);
    }
  return users;
}
