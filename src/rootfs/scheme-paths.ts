// The store's folders for one scheme of ownership: what one scheme unpacked, another cannot use, so each has trees and
// mounts of its own.
import { chmodSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { hexOf, type DiffId } from '../core/digest.js';
import { errnoOf } from '../core/errno.js';
import { joinLease } from '../store/leases/lease.js';
import { leasedPaths } from '../store/leases/leased-paths.js';
import { storePaths, type StorePaths } from '../store/store-paths.js';
import { TsbuildError } from '../core/errors.js';
import type { Ownership } from './ownership.js';

/**
 * Makes the folders that are missing. Nobody else may enter them: trees hold programs with set-id bits.
 * @param lease the file in which what is used is said (store/leases/lease.ts)
 * @throws TsbuildError STORE_UNWRITABLE
 */
export function schemePaths(storeRoot: string, { scheme }: Ownership, lease?: string): StorePaths {
  const paths = storePaths(storeRoot);
  const suffix = scheme === 'shifted' ? '' : `-${scheme}`;
  const [trees, mounts] = (['trees', 'mounts'] as const).map((kind) => {
    const name = `${kind}${suffix}`;
    const folder = join(paths.local, name);
    takeOver(join(paths.root, name), folder);
    makePrivate(folder);
    return folder;
  }) as [string, string];
  const ofScheme = { ...paths, trees, mounts, tree: (diffId: DiffId) => join(trees, hexOf(diffId)) };
  return lease === undefined ? ofScheme : leasedPaths(ofScheme, joinLease(lease, paths));
}

/** For a look at the folders of all schemes. @throws TsbuildError STORE_UNWRITABLE */
export function takeOverOldFolders({ root, local }: Pick<StorePaths, 'root' | 'local'>): void {
  for (const kind of ['trees', 'mounts'])
    for (const suffix of ['', '-recorded', '-plain'])
      takeOver(join(root, kind + suffix), join(local, kind + suffix));
}

/** Stores of earlier versions have them beside the blobs. */
function takeOver(old: string, folder: string): void {
  if (!existsSync(old) || existsSync(folder)) return;
  try {
    mkdirSync(dirname(folder), { recursive: true, mode: 0o700 });
    renameSync(old, folder);
  } catch (error) {
    // Another build was faster.
    if (!['ENOENT', 'ENOTEMPTY', 'EEXIST'].includes(errnoOf(error) ?? '')) throw unusable(folder, error);
  }
}

/** As a new store is made; this one may be older. */
function makePrivate(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (cause) {
    throw unusable(folder, cause);
  }
}

function unusable(folder: string, cause: unknown): TsbuildError {
  const reason = (cause as Error).message;
  return new TsbuildError('STORE_UNWRITABLE', `cannot use ${folder} for the files of processes: ${reason}`, {
    hint: 'set TSBUILD_ROOT to a directory that you own',
    cause,
  });
}
