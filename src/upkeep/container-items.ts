// What containers keep, as items: for each its changes with its log, and each volume. They are deleted by commands of
// their own, so a prune of the store passes over them.
import { lstatSync } from 'node:fs';
import { listRecords } from '../containers/container-files.js';
import { containersPaths } from '../containers/container-paths.js';
import { monitoredState } from '../containers/running-state.js';
import { listVolumes, volumeFolder } from '../containers/volumes/volume-store.js';
import { volumeUsers } from '../containers/volumes/volume-users.js';
import type { StorePaths } from '../store/store-paths.js';
import type { Item } from './item.js';
import type { Measure } from './measure.js';

/** @throws TsbuildError STORE_CORRUPT, ABORTED */
export async function containerItems(store: Pick<StorePaths, 'local'>, measure: Measure): Promise<Item[]> {
  const paths = containersPaths(store);
  const users = volumeUsers(paths);
  const items: Item[] = [];
  for (const { id, name, image } of listRecords(paths)) {
    const files = paths.of(id);
    items.push({
      ...(await apart('containers', id, files.directory, measure)),
      description: `${name} of ${image.name}`,
      ...(monitoredState(files) && { isHeld: true }),
    });
  }
  for (const { name } of listVolumes(paths))
    items.push({
      ...(await apart('volumes', name, volumeFolder(paths, name), measure)),
      description: name,
      ...(users.has(name) && { isHeld: true }),
    });
  return items;
}

async function apart(
  itsClass: 'containers' | 'volumes',
  id: string,
  folder: string,
  measure: Measure,
): Promise<Omit<Item, 'description'>> {
  return {
    id: `${itsClass}:${id}`,
    class: itsClass,
    bytes: await measure.folder(folder),
    lastUsed: (lstatSync(folder, { throwIfNoEntry: false })?.ctimeMs ?? 0) / 1000,
    isDangling: false,
    uses: [],
    place: { kind: 'apart' },
  };
}
