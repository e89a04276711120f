// Deletes the folder of a container, whose changes may belong to subordinate ids. It gets another name first, so that
// what is half deleted when this process dies is no container; the next removal deletes it.
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../core/errno.js';
import { storeWriteError } from '../store/durable-write.js';
import { removeOwned, type Unremoved } from '../worker/front/remove-owned.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord } from './container-record.js';

const REMOVED = 'removed-';

/** It does not run. @returns what could not be deleted. @throws TsbuildError STORE_UNWRITABLE, ABORTED */
export async function removeContainerFiles(
  { paths, store, signal }: Pick<ContainerHost, 'paths' | 'store' | 'signal'>,
  { id }: Pick<ContainerRecord, 'id'>,
): Promise<readonly Unremoved[]> {
  const { directory } = paths.of(id);
  try {
    renameSync(directory, join(paths.containers, `${REMOVED}${id}`));
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storeWriteError(error, directory);
  }
  const graves = foldersIn(paths.containers).filter((name) => name.startsWith(REMOVED));
  return removeOwned(
    { paths: store.paths, signal },
    graves.map((name) => join(paths.containers, name)),
  );
}

function foldersIn(path: string): readonly string[] {
  try {
    return readdirSync(path);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return [];
    throw error;
  }
}
