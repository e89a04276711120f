// Paths of contexts as definitions write them.
import { posix } from 'node:path';

const HERE = 'cwd://';

/** A git or http(s) address: it is left as it is. */
export function isRemote(path: string): boolean {
  return /^(?:https?|git|ssh):\/\/|^git@|^github\.com\//.test(path);
}

/** Relative to the current directory, in its shortest form. */
export function cleanContext(path: string): string {
  if (isRemote(path)) return path;
  const clean = posix.normalize(path.startsWith(HERE) ? path.slice(HERE.length) : path);
  return clean === '/' ? clean : clean.replace(/\/$/, '');
}
