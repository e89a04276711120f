// Programs of the host that tsbuild starts, by name.
import { accessSync, constants } from 'node:fs';
import { delimiter, join } from 'node:path';

/** Searched after $PATH, which is not set everywhere: the environment of the worker is empty. */
const STANDARD_FOLDERS = ['/usr/bin', '/bin', '/usr/sbin', '/sbin', '/usr/local/bin'];

/**
 * Absolute path: from $PATH, without its relative folders, else from the standard folders. Undefined when there is
 * none.
 */
export function findProgram(name: string): string | undefined {
  const folders = (process.env['PATH'] ?? '').split(delimiter).filter((folder) => folder.startsWith('/'));
  return [...folders, ...STANDARD_FOLDERS].map((folder) => join(folder, name)).find(isExecutable);
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK);
    return true;
  } catch {
    // Absence is a value here.
    return false;
  }
}
