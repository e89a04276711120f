// Deletes folders of trees/ and mounts/, whose files may belong to subordinate ids that their user cannot delete: then
// a worker of the isolation that made them does it, in whose namespace they are its own.
import { basename, dirname } from 'node:path';
import { errnoOf } from '../../core/errno.js';
import { TsbuildError } from '../../core/errors.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { loadSyscalls, type SystemCalls } from '../../host/syscalls/system-calls.js';
import { removeTree } from '../../rootfs/remove-tree.js';
import type { StorePaths } from '../../store/store-paths.js';
import type { Rung, RungName } from './rung.js';

export interface OwnedRemoval {
  /** Of the store in whose folders the paths lie. */
  readonly paths: StorePaths;
  readonly signal: AbortSignal;
  /** Whose files they are; by default the paths tell. */
  readonly rung?: RungName;
}

export interface Unremoved {
  readonly path: string;
  readonly reason: string;
}

/** Gives what could not be deleted, with the reason. @throws TsbuildError ABORTED */
export async function removeOwned(
  { paths, signal, rung }: OwnedRemoval,
  folders: readonly string[],
): Promise<readonly Unremoved[]> {
  if (folders.length === 0) return [];
  const calls = await loadSyscalls();
  const rest = folders.filter((path) => !removePlainly(calls, path));
  const unremoved: Unremoved[] = [];
  const groups = rung ? new Map([[SCHEMES[rung], rest]]) : byScheme(paths, rest);
  for (const [scheme, members] of groups) {
    if (members.length === 0) continue;
    try {
      await removeInWorker(await rungOf(scheme), { paths, signal }, members);
    } catch (error) {
      if (!(error instanceof TsbuildError) || error.code === 'ABORTED') throw error;
      unremoved.push(...members.map((path) => ({ path, reason: error.message })));
    }
  }
  return unremoved;
}

/** False when a file in it is not the user's to delete. */
function removePlainly(calls: SystemCalls, path: string): boolean {
  try {
    removeTree(calls, path);
    return true;
  } catch (error) {
    if (isSystemCallError(error, 'EACCES', 'EPERM') || errnoOf(error) === 'EACCES') return false;
    throw error;
  }
}

type Scheme = 'shifted' | 'recorded' | 'plain';
const SCHEMES = { userns: 'shifted', 'userns-single': 'recorded', chroot: 'plain' } as const;

/** `…/trees-recorded/<tree>`, `…/mounts/<id>/<number>`. */
function byScheme({ local }: StorePaths, paths: readonly string[]): Map<Scheme, string[]> {
  const groups = new Map<Scheme, string[]>();
  for (const path of paths) {
    let folder = path;
    while (dirname(folder) !== local && dirname(folder) !== folder) folder = dirname(folder);
    const [, suffix = 'shifted'] = basename(folder).split('-');
    const scheme = suffix as Scheme;
    groups.set(scheme, [...(groups.get(scheme) ?? []), path]);
  }
  return groups;
}

async function rungOf(scheme: Scheme): Promise<Rung> {
  if (scheme === 'shifted') return (await import('./userns-rung.js')).usernsRung;
  if (scheme === 'recorded') return (await import('./userns-single-rung.js')).usernsSingleRung;
  return (await import('./chroot-rung.js')).chrootRung;
}

async function removeInWorker(
  rung: Rung,
  { paths, signal }: OwnedRemoval,
  folders: readonly string[],
): Promise<void> {
  const { openWorkerSandbox } = await import('./worker-sandbox.js');
  const worker = await openWorkerSandbox({ rung, paths, signal });
  try {
    await worker.removeAsRoot(folders);
  } finally {
    await worker.dispose();
  }
}
