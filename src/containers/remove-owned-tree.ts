// Deletes a tree of containers in one of two ways. This process does it when it may: root, the successor of a monitor,
// which is root of the containers' user namespace, and every user whose containers wrote nothing. Else the files belong
// to subordinate ids that their user cannot delete, and root of that namespace does it: by rm(1) where a process keeps
// the namespace, since that takes a tenth of the time of a worker; by a worker that makes it anew where none does.
import { execFile } from 'node:child_process';
import { join } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { knownProcess } from '../host/known-process.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { loadSyscalls } from '../host/syscalls/system-calls.js';
import { removeTree } from '../rootfs/remove-tree.js';
import { joining } from '../worker/front/container-rung.js';
import type { ContainerHost } from './container-host.js';
import { findNamespace } from './find-namespace.js';

type RemovalHost = Pick<ContainerHost, 'paths' | 'store' | 'signal'>;

/**
 * Nothing happens when it does not exist.
 * @throws TsbuildError STORE_UNWRITABLE | SANDBOX_* | ABORTED
 */
export async function removeOwnedTree(host: RemovalHost, path: string): Promise<void> {
  if (!(await removeHere(path))) await removeAsRoot(host, path);
}

/** @returns false when it is not this process's to delete */
async function removeHere(path: string): Promise<boolean> {
  const calls = await loadSyscalls();
  try {
    // The successor of a monitor sees the rootfs of the run.
    calls.detach(join(path, 'rootfs', 'rootfs'));
  } catch (error) {
    // No mount, or not this process's: nothing of it is in the way.
    if (!isSystemCallError(error, 'EINVAL', 'ENOENT', 'EPERM', 'EACCES', 'ENOTDIR')) throw error;
  }
  try {
    removeTree(calls, path);
    return true;
  } catch (error) {
    if (isSystemCallError(error, 'EACCES', 'EPERM') || errnoOf(error) === 'EACCES') return false;
    throw error;
  }
}

async function removeAsRoot({ paths, store, signal }: RemovalHost, path: string): Promise<void> {
  const namespace = findNamespace(paths);
  if (typeof namespace === 'object') {
    const [program = '', ...args] = [...joining(namespace.pid), 'rm', '-rf', '--one-file-system', '--', path];
    try {
      await promisify(execFile)(program, args, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
      return;
    } catch (error) {
      // The last container ended, and its namespace with it, before it was joined.
      if (knownProcess(namespace.pid)) throw error;
    }
  }
  const { removeOwned } = await import('../worker/front/remove-owned.js');
  const [unremoved] = await removeOwned({ paths: store.paths, signal }, [path]);
  if (unremoved)
    throw new TsbuildError('STORE_UNWRITABLE', `cannot remove ${path}: ${unremoved.reason}`, {
      hint: 'try again when nothing of the container runs any more',
    });
}
