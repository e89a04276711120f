// Makes a directory and those above it. Node's own recursive mkdir does not end where the file system takes no
// directories, such as below /proc: it makes the parent, is told that there is none, and begins again.
import { existsSync, mkdirSync, statSync } from 'node:fs';
import { dirname } from 'node:path';
import { errnoOf } from '../core/errno.js';

/**
 * @param mode of the directories that are made
 * @returns the topmost directory that was made; undefined when all were there
 * @throws errors of mkdir(2): ENOTDIR or EEXIST for a file in the place of a directory, ENOENT where none can be made
 */
export function makeDirectories(path: string, mode: number): string | undefined {
  try {
    mkdirSync(path, { mode });
    return path;
  } catch (error) {
    if (errnoOf(error) === 'EEXIST' && statSync(path).isDirectory()) return undefined;
    const parent = dirname(path);
    if (errnoOf(error) !== 'ENOENT' || existsSync(parent)) throw error;
    const made = makeDirectories(parent, mode);
    return makeDirectories(path, mode) === undefined ? made : (made ?? path);
  }
}
