// Deletes files of containers, many of which belong to subordinate ids that their user cannot delete: root of the
// containers' user namespace can.
import { execFile } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { joining } from '../worker/front/container-rung.js';
import { letNameGo } from './container-names.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord } from './container-record.js';
import { findNamespace } from './find-namespace.js';

/**
 * From the first moment on nobody finds the container any more.
 * @throws TsbuildError STORE_UNWRITABLE | SANDBOX_*
 */
export async function removeContainerFiles(host: ContainerHost, record: ContainerRecord): Promise<void> {
  const { directory } = host.paths.of(record.id);
  const grave = join(dirname(directory), `.removed-${record.id}`);
  try {
    renameSync(directory, grave);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw error;
  }
  letNameGo(host.paths, record);
  await removeOwnedTree(host, grave);
}

/** @throws TsbuildError STORE_UNWRITABLE | SANDBOX_* */
export async function removeOwnedTree({ paths, store, signal }: ContainerHost, path: string): Promise<void> {
  try {
    rmSync(path, { recursive: true, force: true });
    return;
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY'].includes(errnoOf(error) ?? '')) throw error;
  }
  const namespace = findNamespace(paths);
  if (typeof namespace === 'object') {
    const [program = '', ...args] = [...joining(namespace.pid), 'rm', '-rf', '--one-file-system', '--', path];
    await promisify(execFile)(program, args, { env: { PATH: '/usr/sbin:/usr/bin:/sbin:/bin' } });
    return;
  }
  const { removeOwned } = await import('../worker/front/remove-owned.js');
  const [unremoved] = await removeOwned({ paths: store.paths, signal }, [path]);
  if (unremoved)
    throw new TsbuildError('STORE_UNWRITABLE', `cannot remove ${path}: ${unremoved.reason}`, {
      hint: 'try again when nothing of the container runs any more',
    });
}
