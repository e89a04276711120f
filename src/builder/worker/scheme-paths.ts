// The store's folders for one scheme of ownership: what one scheme unpacked, another cannot use, so each has trees and mounts of its own.
import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { hexOf } from '../../core/digest.js';
import { storePaths, type StorePaths } from '../../store/store-paths.js';
import type { Ownership } from '../rootfs/ownership.js';

/** Makes the folders that are missing. Nobody else may enter them: trees hold programs with set-id bits. */
export function schemePaths(storeRoot: string, { scheme }: Ownership): StorePaths {
  const paths = storePaths(storeRoot);
  if (scheme === 'shifted') return paths;
  const trees = join(paths.root, `trees-${scheme}`);
  const mounts = join(paths.root, `mounts-${scheme}`);
  for (const folder of [trees, mounts]) mkdirSync(folder, { recursive: true, mode: 0o700 });
  return { ...paths, trees, mounts, tree: (diffId) => join(trees, hexOf(diffId)) };
}
