// Removes a container: from the first moment on nobody finds it any more. A folder that a killed command left behind is
// removed by the next removal.
import { existsSync, readdirSync, renameSync, statSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { errnoOf } from '../core/errno.js';
import { bootId } from '../host/boot-id.js';
import { killKnown } from '../host/known-process.js';
import { storeWriteError } from '../store/durable-write.js';
import { readState } from './container-files.js';
import { letNameGo } from './container-names.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord } from './container-record.js';
import { endAnchor } from './end-anchor.js';
import { recordEvent } from './events/write-event.js';
import { removeOwnedTree } from './remove-owned-tree.js';
import { isMonitored } from './running-state.js';
import { leaveNetworks } from './start-network.js';
import { buryAnonymousVolumes } from './volumes/volumes-of-container.js';

const GRAVE = 'removed-';

/** A folder that has no record for so long gets none: its creation or its removal was killed. */
const LEFT_MS = 60_000;

/**
 * It does not run.
 * @throws TsbuildError STORE_UNWRITABLE | SANDBOX_*
 */
export async function removeContainer(
  host: ContainerHost,
  record: ContainerRecord,
  { areVolumesRemoved }: { readonly areVolumesRemoved: boolean },
): Promise<void> {
  const { directory } = host.paths.of(record.id);
  const grave = join(dirname(directory), `${GRAVE}${record.id}`);
  try {
    renameSync(directory, grave);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storeWriteError(error, directory);
  }
  letNameGo(host.paths, record);
  recordEvent(host.paths, record, 'destroy', { now: host.now() });
  // Of a start that was killed.
  await leaveNetworks(host, record);
  const volumes = areVolumesRemoved ? buryAnonymousVolumes(host, record) : [];
  for (const buried of [grave, ...volumes, ...leftFolders(host)]) await removeOwnedTree(host, buried);
  await endAnchor(host);
}

/**
 * A container of which nothing is known but its folder, as a machine that lost its power may leave one.
 * @throws TsbuildError STORE_UNWRITABLE | SANDBOX_*
 */
export async function removeDamaged(host: ContainerHost, id: string): Promise<void> {
  const files = host.paths.of(id);
  const state = readState(files);
  if (state && isMonitored(state, bootId())) for (const one of [state.main, state.monitor]) killKnown(one);
  const grave = join(dirname(files.directory), `${GRAVE}${id}`);
  renameSync(files.directory, grave);
  await removeOwnedTree(host, grave);
  await endAnchor(host);
}

function leftFolders({ paths, now }: ContainerHost): readonly string[] {
  const latest = now() * 1000 - LEFT_MS;
  return readdirSync(paths.containers)
    .filter((name) => name.startsWith(GRAVE) || !existsSync(paths.of(name).record))
    .map((name) => join(paths.containers, name))
    .filter((path) => (statSync(path, { throwIfNoEntry: false })?.ctimeMs ?? Infinity) < latest);
}
