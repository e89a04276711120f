// WORKDIR as system.NormalizeWorkdir of BuildKit joins it.
import { posix } from 'node:path';

/** Relative paths are joined to the present directory and cleaned; absolute ones stay exactly as written. */
export function joinWorkdir(current: string, path: string): string {
  if (path === '') return current === '' ? '/' : current;
  return path.startsWith('/') ? path : posix.join('/', current, path).replace(/(.)\/$/, '$1');
}
