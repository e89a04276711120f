// The subdirectory of a repository that a URL names. The URL may be by one stranger, the tree by the author of
// the repository: it is walked name by name, and no symbolic link is followed (GHSA-4vrq-3vrq-g6gg).
import { lstatSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../core/errors.js';
import { isGone } from '../host-path.js';

export interface ConfinedSubdir {
  /** Number of names; 0 is the root of the repository. */
  readonly length: number;
  /**
   * The host path below a checked-out tree.
   * @throws TsbuildError ADD_GIT when it is missing, a link or not a directory
   */
  enter(tree: string): string;
}

/** @throws TsbuildError ADD_GIT for a path with `..` or a NUL byte */
export function confineSubdir(subdir: string): ConfinedSubdir {
  const names = subdir.split('/').filter((name) => name !== '' && name !== '.');
  if (names.includes('..') || subdir.includes('\0')) throw refused(subdir, 'points outside the repository');
  return {
    length: names.length,
    enter: (tree) => names.reduce((directory, name) => enterOne(directory, name, subdir), tree),
  };
}

function enterOne(directory: string, name: string, subdir: string): string {
  const path = join(directory, name);
  try {
    const stat = lstatSync(path);
    if (stat.isSymbolicLink()) throw refused(subdir, `${JSON.stringify(name)} is a symbolic link`);
    if (!stat.isDirectory()) throw refused(subdir, 'not a directory');
    return path;
  } catch (error) {
    if (isGone(error)) throw refused(subdir, 'not found in the repository');
    throw error;
  }
}

function refused(subdir: string, why: string): TsbuildError {
  return new TsbuildError('ADD_GIT', `git subdir ${JSON.stringify(subdir)}: ${why}`, {
    hint: 'name a directory of the repository after the ref, as in #main:docs',
  });
}
