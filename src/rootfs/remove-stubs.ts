// Mount points that were made for a process leave no trace, as after BuildKit's executor/stubs.go. By descriptors,
// following no link: the process may have put one in the place of a parent (CVE-2024-23652).
import { closeSync, fstatSync, openSync } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import { modificationTime, type Stub } from './path-in-root.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { AT_REMOVEDIR } from '../host/syscalls/file-calls.js';
import { O_DIRECTORY, O_NOFOLLOW, O_PATH, O_RDONLY } from '../host/syscalls/open-flags.js';
import type { Timestamp } from '../host/syscalls/object-status.js';

/**
 * Removes, in the rootfs mounted at `rootfs`, what still is empty, last made first, and restores the times of the
 * parents.
 */
export function removeStubs(calls: SystemCalls, rootfs: string, stubs: readonly Stub[]): void {
  const root = openSync(rootfs, O_RDONLY | O_DIRECTORY);
  try {
    for (const stub of stubs.toReversed())
      withParent(calls, root, stub.path.slice(0, -1), (parent) => removeStub(calls, parent, stub));
  } finally {
    closeSync(root);
  }
}

function withParent(
  calls: SystemCalls,
  root: number,
  path: readonly ByteString[],
  use: (parent: number) => void,
): void {
  let parent = root;
  try {
    for (const name of path) {
      const child = calls.openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
      if (parent !== root) closeSync(parent);
      parent = child;
    }
    use(parent);
  } catch (error) {
    // The process removed the parent, or put something else there: the stub is gone with it.
    if (!isSystemCallError(error, 'ENOENT', 'ENOTDIR', 'ELOOP')) throw error;
  } finally {
    if (parent !== root) closeSync(parent);
  }
}

function removeStub(calls: SystemCalls, parent: number, stub: Stub): void {
  const name = stub.path.at(-1);
  if (name === undefined || !isUntouched(calls, parent, name, stub.kind)) return;
  const now = modificationTime(parent);
  try {
    calls.unlinkat(parent, name, stub.kind === 'dir' ? AT_REMOVEDIR : 0);
  } catch (error) {
    if (isSystemCallError(error, 'ENOTEMPTY', 'EEXIST')) return;
    throw error;
  }
  // When the process itself changed the directory, its own time stays.
  calls.utimensat(parent, '.', { mtime: isEqual(now, stub.parentAfter) ? stub.parentBefore : now });
}

function isUntouched(calls: SystemCalls, parent: number, name: ByteString, kind: Stub['kind']): boolean {
  const fd = calls.openat(parent, name, O_PATH | O_NOFOLLOW);
  try {
    const stat = fstatSync(fd);
    return kind === 'dir' ? stat.isDirectory() : stat.isFile() && stat.size === 0;
  } finally {
    closeSync(fd);
  }
}

function isEqual(a: Timestamp, b: Timestamp): boolean {
  return a.seconds === b.seconds && a.nanoseconds === b.nanoseconds;
}
