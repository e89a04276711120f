// A program that is made here, as a file that can be executed by its descriptor.
import { randomBytes } from 'node:crypto';
import { openSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSystemCallError } from '../host/syscalls/binding.js';
import type { OwnSystemCalls } from '../host/syscalls/system-calls.js';

/**
 * @param directory of this process's own, for the program where files in memory cannot be executed
 * @returns a descriptor that closes when another program is executed
 */
export function executableFile(
  calls: OwnSystemCalls,
  program: Uint8Array,
  { name, directory }: { readonly name: string; readonly directory: string },
): number {
  try {
    return calls.memoryFile(name, program);
  } catch (error) {
    if (!isSystemCallError(error, 'EACCES', 'ENOSYS')) throw error;
    return writeUnnamed(join(directory, `${name}-${randomBytes(8).toString('hex')}`), program);
  }
}

/** A file that is executed must not be open for writing, and needs no name. */
function writeUnnamed(path: string, program: Uint8Array): number {
  writeFileSync(path, program, { flag: 'wx', mode: 0o700 });
  try {
    return openSync(path, 'r');
  } finally {
    rmSync(path);
  }
}
