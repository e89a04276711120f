// Volumes of the store: made, listed, looked at, deleted.
import { filledText, flag, listOf, object, text, texts, textsByName } from '../argument-checks.js';
import type { BuildOptions } from '../build-options.js';
import { containersPaths, type ContainersPaths } from '../containers/container-paths.js';
import { areNamedMeant, isVolumeMatch, parseVolumeFilter } from '../containers/volumes/volume-filters.js';
import { anonymousName } from '../containers/volumes/volume-name.js';
import {
  ANONYMOUS,
  buryVolume,
  createVolume as makeVolume,
  listVolumes,
  readVolume,
  requireVolume,
  volumeData,
  volumeFolder,
  type VolumeRecord,
} from '../containers/volumes/volume-store.js';
import { volumeUsers } from '../containers/volumes/volume-users.js';
import { TsbuildError } from '../core/errors.js';
import { createMeasure } from '../upkeep/measure.js';
import { removeOwnedTree } from '../containers/remove-owned-tree.js';
import { onEngine, type OpenCommand } from './on-engine.js';

export interface CreateVolumeRequest {
  /** Default 64 hexadecimal digits. */
  readonly name?: string;
  /** Default and only one: `local`. */
  readonly driver?: string;
  readonly driverOptions?: Readonly<Record<string, string>>;
  readonly labels?: Readonly<Record<string, string>>;
}

/** With the members of `docker volume inspect`. */
export interface VolumeDetails {
  /** RFC 3339, in whole seconds. */
  readonly CreatedAt: string;
  readonly Driver: 'local';
  readonly Labels: Readonly<Record<string, string>> | null;
  /** Of the content, which is there once a container has used the volume. Its files belong to ids of containers. */
  readonly Mountpoint: string;
  readonly Name: string;
  readonly Options: null;
  readonly Scope: 'local';
}

export interface VolumesRequest {
  /** As `docker volume ls --filter`: `dangling=true`, `label=K=V`, `name=PART`, `driver=local`. */
  readonly filters?: readonly string[];
}

export interface RemoveVolumesRequest {
  readonly names: readonly string[];
  /** A volume that is not there is no error. */
  readonly force?: boolean;
}

export interface PruneVolumesRequest {
  /** Those that somebody named too; else only anonymous ones. */
  readonly isAll?: boolean;
  /** `label=K`, `label!=K=V`, `all=true`. */
  readonly filters?: readonly string[];
}

export interface PrunedVolumes {
  readonly names: readonly string[];
  readonly freedBytes: number;
}

const createRequest = object({
  name: filledText,
  driver: text,
  driverOptions: textsByName,
  labels: textsByName,
});

/**
 * One that is there already stays as it is.
 * @throws TsbuildError OPTION_INVALID, OPTION_UNSUPPORTED for another driver and for options of drivers, STORE_*
 */
export async function createVolume(
  request: CreateVolumeRequest = {},
  options: BuildOptions = {},
): Promise<VolumeDetails> {
  createRequest(request, 'request');
  const { name, driver = 'local', driverOptions = {}, labels = {} } = request;
  refuseDriver(driver, driverOptions);
  return onVolumes(options, ({ paths, engine: { now } }) => {
    const record = makeVolume(paths, {
      name: name ?? anonymousName(),
      labels: name === undefined ? { ...labels, [ANONYMOUS]: '' } : labels,
      createdAt: now() * 1000,
    });
    return detailsOf(paths, record);
  });
}

function refuseDriver(driver: string, options: Readonly<Record<string, string>>): void {
  if (driver !== 'local' && driver !== '')
    throw new TsbuildError(
      'OPTION_UNSUPPORTED',
      `create: error looking up volume plugin ${driver}: not found`,
      {
        hint: 'the one driver is local: leave out --driver',
      },
    );
  const [first] = Object.keys(options);
  if (first === undefined) return;
  throw new TsbuildError('OPTION_UNSUPPORTED', `volumes have no driver options, and ${first}= is one`, {
    hint: 'instead of type=tmpfs run with --tmpfs PATH, instead of o=bind with -v /DIRECTORY:PATH',
  });
}

/** By name. @throws TsbuildError OPTION_INVALID, STORE_* */
export async function volumes(
  request: VolumesRequest = {},
  options: BuildOptions = {},
): Promise<readonly VolumeDetails[]> {
  object({ filters: texts })(request, 'request');
  const filters = (request.filters ?? []).map((each) => parseVolumeFilter(each, 'list'));
  return onVolumes(options, ({ paths }) => {
    const users = volumeUsers(paths);
    return listVolumes(paths)
      .filter((volume) => isVolumeMatch(volume, filters, (name) => users.has(name)))
      .map((volume) => detailsOf(paths, volume));
  });
}

/** In the order of the names. @throws TsbuildError VOLUME_NOT_FOUND, OPTION_INVALID, STORE_* */
export async function inspectVolumes(
  names: readonly string[],
  options: BuildOptions = {},
): Promise<readonly VolumeDetails[]> {
  listOf(filledText)(names, 'names');
  return onVolumes(options, ({ paths }) =>
    names.map((name) => detailsOf(paths, requireVolume(paths, plainName(name)))),
  );
}

/**
 * All of them or none.
 * @returns the names of those that were there
 * @throws TsbuildError VOLUME_NOT_FOUND, VOLUME_IN_USE, OPTION_INVALID, STORE_*, ABORTED
 */
export async function removeVolumes(
  request: RemoveVolumesRequest,
  options: BuildOptions = {},
): Promise<readonly string[]> {
  object({ names: listOf(filledText), force: flag }, ['names'])(request, 'request');
  const { names, force = false } = request;
  return onVolumes(options, async (open) => {
    const { paths } = open;
    const users = volumeUsers(paths);
    for (const name of names) {
      if (!force) requireVolume(paths, plainName(name));
      const by = users.get(name);
      if (by)
        throw new TsbuildError('VOLUME_IN_USE', `remove ${name}: volume is in use - [${by.join(', ')}]`, {
          hint: `remove the containers first: tsbuild rm ${by.map((id) => id.slice(0, 12)).join(' ')}`,
        });
    }
    const there = names.filter((name) => readVolume(paths, plainName(name)) !== undefined);
    await deleteVolumes(open, there);
    return there;
  });
}

/** Deletes what no container uses. @throws TsbuildError OPTION_INVALID, STORE_*, ABORTED */
export async function pruneVolumes(
  request: PruneVolumesRequest = {},
  options: BuildOptions = {},
): Promise<PrunedVolumes> {
  object({ isAll: flag, filters: texts })(request, 'request');
  const filters = (request.filters ?? []).map((each) => parseVolumeFilter(each, 'prune'));
  const isAll = request.isAll === true || areNamedMeant(filters);
  return onVolumes(options, async (open) => {
    const { paths, signal } = open;
    const users = volumeUsers(paths);
    const isUsed = (name: string): boolean => users.has(name);
    const doomed = listVolumes(paths)
      .filter((volume) => !isUsed(volume.name) && isVolumeMatch(volume, filters, isUsed))
      .filter(({ labels }) => isAll || Object.hasOwn(labels, ANONYMOUS))
      .map(({ name }) => name);
    const measure = createMeasure(signal);
    let freedBytes = 0;
    for (const name of doomed) freedBytes += await measure.folder(volumeFolder(paths, name));
    await deleteVolumes(open, doomed);
    return { names: doomed, freedBytes };
  });
}

interface OpenVolumes extends OpenCommand {
  readonly paths: ContainersPaths;
}

function onVolumes<T>(options: BuildOptions, work: (open: OpenVolumes) => T | Promise<T>): Promise<T> {
  return onEngine(options, async (open) =>
    work({ ...open, paths: containersPaths(open.engine.store.paths) }),
  );
}

/** What is no name names no volume, and no other folder either. */
function plainName(name: string): string {
  if (/^[a-zA-Z0-9][a-zA-Z0-9_.-]*$/.test(name)) return name;
  throw new TsbuildError('VOLUME_NOT_FOUND', `get ${name}: no such volume`);
}

async function deleteVolumes(
  { paths, engine, signal, emit }: OpenVolumes,
  names: readonly string[],
): Promise<void> {
  const graves = names.flatMap((name) => buryVolume(paths, name) ?? []);
  for (const grave of graves)
    try {
      await removeOwnedTree({ paths, store: engine.store, signal }, grave);
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code === 'ABORTED') throw error;
      emit({ kind: 'note', message: error.message });
    }
}

function detailsOf(paths: ContainersPaths, { name, createdAt, labels }: VolumeRecord): VolumeDetails {
  return {
    CreatedAt: new Date(createdAt).toISOString().replace(/\.\d+Z$/, 'Z'),
    Driver: 'local',
    Labels: Object.keys(labels).length === 0 ? null : labels,
    Mountpoint: volumeData(paths, name),
    Name: name,
    Options: null,
    Scope: 'local',
  };
}
