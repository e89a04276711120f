// The store's folders for one scheme of ownership: what one scheme unpacked, another cannot use, so each has trees and
// mounts of its own.
import { chmodSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf } from '../core/digest.js';
import { storePaths, type StorePaths } from '../store/store-paths.js';
import { TsbuildError } from '../core/errors.js';
import type { Ownership } from './ownership.js';

/**
 * Makes the folders that are missing. Nobody else may enter them: trees hold programs with set-id bits.
 * @throws TsbuildError STORE_UNWRITABLE
 */
export function schemePaths(storeRoot: string, { scheme }: Ownership): StorePaths {
  const paths = storePaths(storeRoot);
  const suffix = scheme === 'shifted' ? '' : `-${scheme}`;
  const trees = join(paths.root, `trees${suffix}`);
  const mounts = join(paths.root, `mounts${suffix}`);
  for (const folder of [trees, mounts]) makePrivate(folder);
  return { ...paths, trees, mounts, tree: (diffId) => join(trees, hexOf(diffId)) };
}

/** As a new store is made; this one may be older. */
function makePrivate(folder: string): void {
  try {
    mkdirSync(folder, { recursive: true, mode: 0o700 });
    chmodSync(folder, 0o700);
  } catch (cause) {
    const reason = (cause as Error).message;
    throw new TsbuildError('STORE_UNWRITABLE', `cannot use ${folder} for the files of processes: ${reason}`, {
      hint: 'set TSBUILD_ROOT to a directory that you own',
      cause,
    });
  }
}
