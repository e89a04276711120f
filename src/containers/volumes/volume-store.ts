// The volumes of the store: a folder each, with `meta.json`, which says what the volume is, and `_data`, its content.
// Invariant: a folder that has its name is complete. `_data` is made by the worker of the first container that uses
// the volume (worker/containers/fill-volume.ts), since it belongs to root of that container.
import { randomBytes } from 'node:crypto';
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../../core/errno.js';
import { TsbuildError } from '../../core/errors.js';
import { storeWriteError, writeDurably } from '../../store/durable-write.js';
import type { ContainersPaths } from '../container-paths.js';
import type { ContainerIds } from '../../worker/containers/container-process.js';
import { requireVolumeName } from './volume-name.js';

/** As docker marks a volume that nobody named. */
export const ANONYMOUS = 'com.docker.volume.anonymous';

/** What `meta.json` says. */
export interface VolumeRecord {
  readonly version: 1;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly labels: Readonly<Record<string, string>>;
  /** Of whose containers the content is; absent as long as none has used it. */
  readonly ids?: ContainerIds;
}

export interface NewVolume {
  readonly name: string;
  readonly labels: Readonly<Record<string, string>>;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
}

type VolumesPath = Pick<ContainersPaths, 'volumes'>;

export function volumeFolder({ volumes }: VolumesPath, name: string): string {
  return join(volumes, name);
}

/** Where its content is, once a container has used it. */
export function volumeData(paths: VolumesPath, name: string): string {
  return join(volumeFolder(paths, name), '_data');
}

/** Undefined when there is none. @throws TsbuildError STORE_CORRUPT */
export function readVolume(paths: VolumesPath, name: string): VolumeRecord | undefined {
  const file = metaFile(paths, name);
  try {
    return JSON.parse(readFileSync(file, 'utf8')) as VolumeRecord;
  } catch (error) {
    if (['ENOENT', 'ENOTDIR', 'ENAMETOOLONG'].includes(errnoOf(error) ?? '')) return undefined;
    if (error instanceof SyntaxError)
      throw new TsbuildError('STORE_CORRUPT', `${file} is not what tsbuild wrote: ${error.message}`, {
        hint: `the content of the volume is in ${volumeData(paths, name)}`,
      });
    throw error;
  }
}

/** @throws TsbuildError VOLUME_NOT_FOUND, STORE_CORRUPT */
export function requireVolume(paths: VolumesPath, name: string): VolumeRecord {
  const volume = readVolume(paths, name);
  if (volume) return volume;
  throw new TsbuildError('VOLUME_NOT_FOUND', `get ${name}: no such volume`, {
    hint: 'tsbuild volume ls lists those that are there',
  });
}

/** By name. @throws TsbuildError STORE_CORRUPT */
export function listVolumes(paths: VolumesPath): readonly VolumeRecord[] {
  if (!existsSync(paths.volumes)) return [];
  return readdirSync(paths.volumes)
    .filter((name) => !name.startsWith(UNFINISHED))
    .sort()
    .flatMap((name) => readVolume(paths, name) ?? []);
}

/** Begins the names of folders that are being made or deleted: no volume has such a name. */
const UNFINISHED = '.';

/**
 * One that is there already stays as it is, as in docker.
 * @throws TsbuildError OPTION_INVALID for a name, STORE_FULL, STORE_UNWRITABLE, STORE_CORRUPT
 */
export function createVolume(paths: VolumesPath, { name, labels, createdAt }: NewVolume): VolumeRecord {
  requireVolumeName(name);
  const known = readVolume(paths, name);
  if (known) return known;
  const record: VolumeRecord = { version: 1, name, createdAt, labels };
  const made = unfinishedFolder(paths);
  try {
    mkdirSync(made, { recursive: true, mode: 0o700 });
    writeFileSync(join(made, META), JSON.stringify(record), { mode: 0o600 });
    renameSync(made, volumeFolder(paths, name));
    return record;
  } catch (error) {
    rmSync(made, { recursive: true, force: true });
    // Somebody else was faster.
    if (['ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) return requireVolume(paths, name);
    throw storeWriteError(error, volumeFolder(paths, name));
  }
}

const META = 'meta.json';

function metaFile(paths: VolumesPath, name: string): string {
  return join(volumeFolder(paths, name), META);
}

function unfinishedFolder({ volumes }: VolumesPath): string {
  return join(volumes, `${UNFINISHED}tmp-${randomBytes(8).toString('hex')}`);
}

/**
 * Says that containers with these ids use the volume. To be called before a container is started.
 * @throws TsbuildError VOLUME_NOT_FOUND, STORE_*; OPTION_CONFLICT when its content belongs to containers of other ids:
 * they would all be nobody's here
 */
export function claimVolume(paths: VolumesPath, name: string, ids: ContainerIds): void {
  const volume = requireVolume(paths, name);
  if (volume.ids === undefined || !existsSync(volumeData(paths, name))) {
    const folder = volumeFolder(paths, name);
    return writeDurably(join(folder, META), JSON.stringify({ ...volume, ids }), folder);
  }
  if (sayIds(volume.ids) === sayIds(ids)) return;
  throw new TsbuildError(
    'OPTION_CONFLICT',
    `the files of volume ${name} belong to containers with ${sayIds(volume.ids)}, and this one has ${sayIds(ids)}`,
    { hint: `use another volume, or run the container with the same ids: ${flagOf(volume.ids)}` },
  );
}

function sayIds(ids: ContainerIds): string {
  return ids === 'build'
    ? 'the ids of builds (root is nobody of this machine)'
    : `you as user ${ids.keepUid}:${ids.keepGid}`;
}

function flagOf(ids: ContainerIds): string {
  if (ids === 'build') return 'leave out --userns and mounts of directories of this machine';
  return `--userns keep-id:uid=${ids.keepUid},gid=${ids.keepGid}`;
}

/**
 * Takes its name from the volume, so that nobody begins to use it.
 * @returns the folder, which is to be deleted by `removeOwnedTree`; undefined when there is no such volume
 * @throws TsbuildError STORE_UNWRITABLE
 */
export function buryVolume(paths: VolumesPath, name: string): string | undefined {
  const grave = unfinishedFolder(paths);
  try {
    renameSync(volumeFolder(paths, name), grave);
    return grave;
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw storeWriteError(error, volumeFolder(paths, name));
  }
}
