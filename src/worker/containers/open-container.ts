// The rootfs of a container: its layers, and over them a folder of its own, in which its changes stay from one run to
// the next. The mount belongs to this worker, and to what it starts.
import { existsSync, mkdirSync, readSync } from 'node:fs';
import { dirname, join } from 'node:path';
import { fromUtf8 } from '../../core/bytes.js';
import { isSystemCallError } from '../../host/syscalls/binding.js';
import { AT_FDCWD } from '../../host/syscalls/file-calls.js';
import { O_DIRECTORY, O_NONBLOCK, O_PATH, O_RDONLY } from '../../host/syscalls/open-flags.js';
import type { SystemCalls } from '../../host/syscalls/system-calls.js';
import { makeContainerDirectory, mountOverlay, visibleLowers } from '../../rootfs/overlay.js';
import type { Ownership } from '../../rootfs/ownership.js';
import { openInside } from '../../rootfs/path-in-root.js';
import { removeTree } from '../../rootfs/remove-tree.js';
import type { TreeStore } from '../../rootfs/tree-store.js';
import { copyRootAttributes } from '../../rootfs/union-driver.js';
import { fillVolume } from './fill-volume.js';
import type { OpenContainer, OpenedContainer } from './container-process.js';

export interface ContainerTools {
  readonly calls: SystemCalls;
  readonly trees: TreeStore;
  readonly ownership: Ownership;
}

export interface ContainerRootfs {
  /** Where it is mounted. */
  readonly target: string;
  /** Trees that it shows, topmost first. */
  readonly lowers: readonly string[];
  readonly opened: OpenedContainer;
}

/** @throws TsbuildError SANDBOX_NO_OVERLAY | LAYER_* | STORE_* | CONTAINER_MOUNT | ABORTED */
export async function openContainerRootfs(
  { calls, trees, ownership }: ContainerTools,
  { directory, layers, isThrownAway, volumes }: OpenContainer,
  signal: AbortSignal,
): Promise<ContainerRootfs> {
  const lowers = visibleLowers(calls)(await trees.ensure(layers, signal));
  const at = (name: string): string => join(directory, 'rootfs', name);
  for (const name of ['', 'rootfs', 'scratch']) mkdirSync(at(name), { recursive: true, mode: 0o700 });
  unmount(calls, at('rootfs'));
  const upper = makeUpper(calls, directory, lowers[0], ownership);
  if (lowers.length === 0 && !existsSync(at('empty'))) makeContainerDirectory(calls, at('empty'), ownership);
  // The kernel leaves marks there that keep it from being used again.
  removeTree(calls, at('work'));
  mkdirSync(at('work'), { mode: 0o700 });
  const target = at('rootfs');
  mountOverlay(calls, {
    lowers: lowers.length > 0 ? lowers : [at('empty')],
    upper,
    work: at('work'),
    target,
    isLasting: !isThrownAway,
  });
  for (const volume of volumes) await fillVolume(calls, volume, { rootfs: target, ownership, signal });
  return { target, lowers, opened: readAccounts(calls, target) };
}

/** What an earlier run left, where this process comes from the monitor of that run. */
function unmount(calls: SystemCalls, target: string): void {
  try {
    calls.detach(target);
  } catch (error) {
    if (!isSystemCallError(error, 'EINVAL')) throw error;
  }
}

/**
 * Makes the directory of the changes when there is none yet.
 * @param directory the container's folder; `top`: of the trees below it
 * @returns its path
 */
export function makeUpper(
  calls: SystemCalls,
  directory: string,
  top: string | undefined,
  ownership: Ownership,
): string {
  const upper = join(directory, 'rootfs', 'upper');
  if (existsSync(upper)) return upper;
  mkdirSync(dirname(upper), { recursive: true, mode: 0o700 });
  makeContainerDirectory(calls, upper, ownership);
  if (top !== undefined) copyRootAttributes(calls, top, upper, ownership);
  return upper;
}

/** More of a file of accounts than this is not read. */
const ACCOUNT_BYTES = 1 << 20;

export function readAccounts(calls: SystemCalls, rootfs: string): OpenedContainer {
  const root = calls.openat(AT_FDCWD, fromUtf8(rootfs), O_PATH | O_DIRECTORY);
  try {
    const read = (path: string): string => readRegularFile(calls, root, path);
    return { passwd: read('/etc/passwd'), group: read('/etc/group') };
  } finally {
    calls.close(root);
  }
}

/** Empty for one that is not there, or is no regular file. */
function readRegularFile(calls: SystemCalls, root: number, path: string): string {
  const opened: number[] = [];
  try {
    const found = openInside(calls, root, path);
    if (found === undefined) return '';
    opened.push(found);
    if (calls.status(found).type !== 'file') return '';
    const file = calls.openat(AT_FDCWD, fromUtf8(`/proc/self/fd/${found}`), O_RDONLY | O_NONBLOCK);
    opened.push(file);
    const bytes = Buffer.alloc(ACCOUNT_BYTES);
    return bytes.toString('utf8', 0, readSync(file, bytes, 0, ACCOUNT_BYTES, 0));
  } finally {
    for (const fd of opened) calls.close(fd);
  }
}
