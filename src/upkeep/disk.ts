// The disk that the store lies on.
import { statfsSync } from 'node:fs';
import type { StorePaths } from '../store/store-paths.js';
import type { Disk } from './choose.js';

/** As an ordinary user sees it. */
export function diskOf({ root }: Pick<StorePaths, 'root'>): Disk {
  const { blocks, bavail, bsize } = statfsSync(root);
  return { totalBytes: blocks * bsize, freeBytes: bavail * bsize };
}
