// Paths of the store whose askers are taken at their word: who asks where a thing lies is about to look whether it is
// there, and holds it from then on (lease.ts).
import { hexOf } from '../../core/digest.js';
import type { StorePaths } from '../store-paths.js';
import type { Lease } from './lease.js';

export function leasedPaths(paths: StorePaths, { use }: Pick<Lease, 'use'>): StorePaths {
  return {
    ...paths,
    blob(digest) {
      use(hexOf(digest));
      return paths.blob(digest);
    },
    index(diffId) {
      use(hexOf(diffId));
      return paths.index(diffId);
    },
    tree(diffId) {
      use(`t${hexOf(diffId)}`);
      return paths.tree(diffId);
    },
  };
}
