// Names of containers: a symbolic link each, whose text is the id. Making one is how a name is taken: it works once.
import { readlinkSync, rmSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { storeWriteError } from '../store/durable-write.js';
import { makeFolder, readRecord } from './container-files.js';
import type { ContainersPaths } from './container-paths.js';
import { checkedName, randomName } from './rules/container-name.js';

/** @param wanted absent: any @throws TsbuildError CONTAINER_NAME_TAKEN | OPTION_INVALID | STORE_* */
export function takeName(paths: ContainersPaths, id: string, wanted: string | undefined): string {
  makeFolder(paths.names);
  if (wanted !== undefined) {
    const name = checkedName(wanted);
    const holder = link(paths, id, name);
    if (holder !== undefined) throw taken(name, holder);
    return name;
  }
  for (let tries = 0; ; tries++) {
    const name = randomName(Math.random, tries);
    if (link(paths, id, name) === undefined) return name;
  }
}

/** The id that has the name; undefined when `id` has it now. */
function link(paths: ContainersPaths, id: string, name: string): string | undefined {
  const path = join(paths.names, name);
  try {
    symlinkSync(id, path);
    return undefined;
  } catch (error) {
    if (errnoOf(error) !== 'EEXIST') throw storeWriteError(error, path);
  }
  const holder = readlinkSync(path);
  // Its creation was killed, or its removal.
  if (readRecord(paths, holder)?.name === name) return holder;
  rmSync(path, { force: true });
  return link(paths, id, name);
}

export function letNameGo(
  paths: ContainersPaths,
  { id, name }: { readonly id: string; readonly name: string },
): void {
  const path = join(paths.names, name);
  try {
    if (readlinkSync(path) === id) rmSync(path, { force: true });
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
}

function taken(name: string, holder: string): TsbuildError {
  return new TsbuildError(
    'CONTAINER_NAME_TAKEN',
    `Conflict. The container name "/${name}" is already in use by container "${holder}". You have to remove (or rename) that container to be able to reuse that name.`,
    { hint: `tsbuild rm ${name} removes it` },
  );
}
