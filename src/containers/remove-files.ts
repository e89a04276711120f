// Deletes files of containers, many of which belong to subordinate ids that their user cannot delete: root of the
// containers' user namespace can.
import { execFile } from 'node:child_process';
import { renameSync, rmSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { promisify } from 'node:util';
import { errnoOf } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { knownProcess } from '../host/known-process.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { storeWriteError } from '../store/durable-write.js';
import { joining } from '../worker/front/container-rung.js';
import type { RungName } from '../worker/front/rung.js';
import { letNameGo } from './container-names.js';
import type { ContainerHost } from './container-host.js';
import type { ContainerRecord } from './container-record.js';
import { endAnchor } from './end-anchor.js';
import { findNamespace } from './find-namespace.js';
import { recordEvent } from './events/write-event.js';
import { leaveNetworks } from './start-network.js';
import { buryAnonymousVolumes } from './volumes/volumes-of-container.js';

/**
 * It does not run. From the first moment on nobody finds it any more.
 * @throws TsbuildError STORE_UNWRITABLE | SANDBOX_*
 */
export async function removeContainer(
  host: ContainerHost,
  record: ContainerRecord,
  { areVolumesRemoved }: { readonly areVolumesRemoved: boolean },
): Promise<void> {
  const { directory } = host.paths.of(record.id);
  const grave = join(dirname(directory), `removed-${record.id}`);
  try {
    renameSync(directory, grave);
  } catch (error) {
    if (errnoOf(error) !== 'ENOENT') throw storeWriteError(error, directory);
  }
  letNameGo(host.paths, record);
  recordEvent(host.paths, record, 'destroy', { now: host.now() });
  // Of a start that was killed.
  await leaveNetworks(host, record);
  const { isolation } = record.host;
  await removeOwnedTree(host, grave, isolation);
  const volumes = areVolumesRemoved ? buryAnonymousVolumes(host, record) : [];
  for (const buried of volumes) await removeOwnedTree(host, buried, isolation);
  await endAnchor(host);
}

/** @throws TsbuildError STORE_UNWRITABLE | SANDBOX_* */
async function removeOwnedTree(
  { paths, store, signal }: ContainerHost,
  path: string,
  rung: RungName,
): Promise<void> {
  try {
    rmSync(path, { recursive: true, force: true });
    return;
  } catch (error) {
    if (!['EACCES', 'EPERM', 'ENOTEMPTY', 'EBUSY'].includes(errnoOf(error) ?? ''))
      throw storeWriteError(error, path);
  }
  const namespace = rung === 'chroot' ? 'new' : findNamespace(paths, rung);
  if (namespace === 'inside') return removeHere(path);
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
  const [unremoved] = await removeOwned({ paths: store.paths, signal, rung }, [path]);
  if (unremoved)
    throw new TsbuildError('STORE_UNWRITABLE', `cannot remove ${path}: ${unremoved.reason}`, {
      hint: 'try again when nothing of the container runs any more',
    });
}

/** The process that a monitor becomes sees the rootfs of the run. */
async function removeHere(path: string): Promise<void> {
  const { loadSyscalls } = await import('../host/syscalls/system-calls.js');
  const { removeTree } = await import('../rootfs/remove-tree.js');
  const calls = await loadSyscalls();
  try {
    calls.detach(join(path, 'rootfs', 'rootfs'));
  } catch (error) {
    if (!isSystemCallError(error, 'EINVAL', 'ENOENT')) throw error;
  }
  removeTree(calls, path);
}
