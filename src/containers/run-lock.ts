// The lock of a run: its monitor holds it, and what the monitor becomes. When it is free and the run is not finished,
// the monitor was killed, or has left the end to the command that follows: who gets the lock finishes the run.
import { closeSync, fstatSync, openSync, readdirSync, statSync, type Stats } from 'node:fs';
import { errnoOf } from '../core/errno.js';
import { LOCK_EX, LOCK_NB } from '../host/flock.js';
import { loadSyscalls } from '../host/syscalls/system-calls.js';
import type { ContainerPaths } from './container-paths.js';

/** @returns a descriptor that holds it until it is closed; undefined when another has it, or the container is gone */
export async function tryRunLock({ lock }: Pick<ContainerPaths, 'lock'>): Promise<number | undefined> {
  const calls = await loadSyscalls();
  let fd: number;
  try {
    fd = openSync(lock, 'a', 0o600);
  } catch (error) {
    if (errnoOf(error) === 'ENOENT') return undefined;
    throw error;
  }
  if (calls.flock(fd, LOCK_EX | LOCK_NB)) return fd;
  closeSync(fd);
  return undefined;
}

/** Those of this process that were given to it: it is the monitor's successor. */
export function ownRunLocks({ lock }: Pick<ContainerPaths, 'lock'>): readonly number[] {
  const wanted = statSync(lock, { throwIfNoEntry: false });
  return readdirSync('/proc/self/fd')
    .map(Number)
    .filter((fd) => wanted !== undefined && isSameFile(fd, wanted));
}

function isSameFile(fd: number, { dev, ino }: Stats): boolean {
  try {
    const own = fstatSync(fd);
    return own.dev === dev && own.ino === ino;
  } catch (error) {
    // The descriptor by which the folder was read is gone.
    if (errnoOf(error) === 'EBADF') return false;
    throw error;
  }
}
