// Removes the whole store. `rm -rf` cannot: files of unpacked layers belong to subordinate ids. The folders get another
// name first, so that a build which begins meanwhile makes a store of its own.
import { randomBytes } from 'node:crypto';
import {
  closeSync,
  existsSync,
  mkdirSync,
  openSync,
  readdirSync,
  renameSync,
  rmdirSync,
  rmSync,
} from 'node:fs';
import { join } from 'node:path';
import { listRecords } from '../containers/container-files.js';
import { containersPaths } from '../containers/container-paths.js';
import { monitoredState } from '../containers/running-state.js';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { LOCK_EX, LOCK_NB, type Flock } from '../host/flock.js';
import { takeOverOldFolders } from '../rootfs/scheme-paths.js';
import { storeWriteError } from '../store/durable-write.js';
import { requireFlock, withPruneLock } from '../store/leases/prune-lock.js';
import { readLeases } from '../store/leases/running-leases.js';
import { storePaths, type StorePaths } from '../store/store-paths.js';
import { localFolders } from './local-items.js';
import { createMeasure } from './measure.js';
import { filesIn } from './references.js';
import { removeOwned, type Unremoved } from '../worker/front/remove-owned.js';

export interface StoreRemoval {
  readonly storeRoot: string;
  readonly isDryRun: boolean;
  readonly signal: AbortSignal;
  /** Seconds since the epoch. */
  now(): number;
}

export interface RemovedStore {
  readonly bytes: number;
  readonly unremoved: readonly Unremoved[];
}

/** A build of hits takes no lock and is over after so long; seconds. */
const HIT_BUILD = 60;

const REMOVING = 'removing-';

/** @throws TsbuildError STORE_IN_USE while a build or a container runs, STORE_NO_LOCKS, STORE_UNWRITABLE, ABORTED */
export async function removeStore({ storeRoot, isDryRun, signal, now }: StoreRemoval): Promise<RemovedStore> {
  const paths = storePaths(storeRoot);
  const flock = await requireFlock();
  const measure = createMeasure(signal);
  const bytes = (await measure.folder(paths.root)) + (await measure.folder(join(storeRoot, 'local')));
  if (isDryRun || !existsSync(paths.root)) return { bytes, unremoved: [] };
  takeOverOldFolders(paths);
  const doomed = join(storeRoot, REMOVING + randomBytes(8).toString('hex'));
  await withPruneLock(paths.pruneLock, signal, () => {
    refuseInUse(paths, flock, now());
    moveAway(storeRoot, doomed);
  });
  const unremoved: Unremoved[] = [];
  // Those that a removal left which was killed, too.
  for (const folder of filesIn(storeRoot).filter((path) => path.startsWith(join(storeRoot, REMOVING))))
    unremoved.push(...(await removeMoved(folder, signal)));
  removeIfEmpty(storeRoot);
  return { bytes, unremoved };
}

function refuseInUse(paths: StorePaths, flock: Flock, now: number): void {
  const containers = containersPaths(paths);
  const running = listRecords(containers).find(({ id }) => monitoredState(containers.of(id)));
  if (running)
    throw new TsbuildError('STORE_IN_USE', `the container ${running.name} runs`, {
      hint: `stop it first: tsbuild stop ${running.name}`,
    });
  const isWritten = isLockHeld(join(paths.root, 'tmp.lock'), flock);
  const isRead = readLeases(paths, flock, now).some(
    ({ isRunning, isLocked, mtime }) => isLocked || (isRunning && now - mtime < HIT_BUILD),
  );
  if (isWritten || isRead)
    throw new TsbuildError('STORE_IN_USE', `a build uses the store ${paths.root}`, {
      hint: 'wait until no build runs, or free what builds do not use: tsbuild prune --all',
    });
}

function isLockHeld(path: string, flock: Flock): boolean {
  if (!existsSync(path)) return false;
  const fd = openSync(path, 'r');
  try {
    return flock(fd, LOCK_EX | LOCK_NB) !== 'taken';
  } finally {
    closeSync(fd);
  }
}

function moveAway(storeRoot: string, doomed: string): void {
  try {
    mkdirSync(doomed, { mode: 0o700 });
    for (const name of ['v1', 'local'])
      if (existsSync(join(storeRoot, name))) renameSync(join(storeRoot, name), join(doomed, name));
  } catch (error) {
    throw storeWriteError(error, storeRoot);
  }
}

async function removeMoved(folder: string, signal: AbortSignal): Promise<readonly Unremoved[]> {
  const paths = storePaths(folder);
  const { containers, volumes } = containersPaths(paths);
  const folders = (['trees', 'mounts'] as const).flatMap((kind) => localFolders(paths, kind));
  const owned = [...folders, containers, volumes].flatMap(filesIn);
  const unremoved = await removeOwned({ paths, signal }, owned);
  if (unremoved.length === 0) rmSync(folder, { recursive: true, force: true });
  return unremoved;
}

/** It may be the user's own, or a mount point. */
function removeIfEmpty(folder: string): void {
  try {
    if (readdirSync(folder).length === 0) rmdirSync(folder);
  } catch (error) {
    if (errnoOf(error) === undefined) throw error;
  }
}
