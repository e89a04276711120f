// Which containers use which volumes, as the records of containers say.
import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { errnoOf } from '../../core/errno.js';
import type { ContainersPaths } from '../container-paths.js';
import type { ContainerRecord } from '../container-record.js';

/** Ids of containers, by name of the volume. */
export function volumeUsers(paths: ContainersPaths): ReadonlyMap<string, readonly string[]> {
  const users = new Map<string, string[]>();
  for (const { id, mounts } of containerRecords(paths))
    for (const mount of mounts) {
      if (mount.type !== 'volume') continue;
      const known = users.get(mount.name) ?? [];
      if (!known.includes(id)) users.set(mount.name, [...known, id]);
    }
  return users;
}

/** Of all containers. One whose record cannot be read holds nothing. */
export function containerRecords(paths: ContainersPaths): readonly ContainerRecord[] {
  if (!existsSync(paths.containers)) return [];
  return readdirSync(paths.containers)
    .filter((name) => /^[0-9a-f]{64}$/.test(name))
    .flatMap((id) => readRecord(paths.of(id).record) ?? []);
}

function readRecord(path: string): ContainerRecord | undefined {
  try {
    return JSON.parse(readFileSync(path, 'utf8')) as ContainerRecord;
  } catch (error) {
    if (error instanceof SyntaxError || ['ENOENT', 'ENOTDIR'].includes(errnoOf(error) ?? ''))
      return undefined;
    throw error;
  }
}
