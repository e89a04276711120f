// Whether a path names something below a folder, and not the folder itself.
import { resolve } from 'node:path';

/** Both are absolute. A path that is not in its shortest form (`a/..`, `a/`) is not taken to be inside of anything. */
export function isInside(folder: string, path: string): boolean {
  return resolve(path) === path && path.startsWith(`${folder}/`);
}
