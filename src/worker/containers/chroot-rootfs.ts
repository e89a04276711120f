// The rootfs of a container where nothing can be mounted: a copy of its layers, made once. Its changes stay in it.
import { closeSync, existsSync, mkdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import { applyTree } from '../../rootfs/apply-tree.js';
import { makeContainerDirectory } from '../../rootfs/overlay.js';
import { openDirectory, openInside } from '../../rootfs/path-in-root.js';
import { removeTree } from '../../rootfs/remove-tree.js';
import type { OpenContainer } from './container-process.js';
import { readAccounts, type ContainerRootfs, type ContainerTools } from './open-container.js';

/** @throws TsbuildError LAYER_* | STORE_* | ABORTED */
export async function openChrootRootfs(
  tools: ContainerTools,
  { directory, layers, folders = [] }: OpenContainer,
  signal: AbortSignal,
): Promise<ContainerRootfs> {
  const { calls } = tools;
  const target = await ensureChrootRoot(tools, { directory, layers }, signal);
  const root = openDirectory(target);
  try {
    for (const folder of folders) {
      const made = openInside(calls, root, folder, { create: 'dir', owner: { uid: 0, gid: 0 } });
      if (made !== undefined) closeSync(made);
    }
  } finally {
    closeSync(root);
  }
  return { target, lowers: [], opened: readAccounts(calls, target) };
}

/** @returns its path, on the file system of the container's folder */
export async function ensureChrootRoot(
  { calls, trees, ownership }: ContainerTools,
  { directory, layers }: Pick<OpenContainer, 'directory' | 'layers'>,
  signal: AbortSignal,
): Promise<string> {
  const folder = join(directory, 'rootfs');
  const target = join(folder, 'root');
  if (existsSync(target)) return target;
  mkdirSync(folder, { recursive: true, mode: 0o700 });
  const lowers = await trees.ensure(layers, signal);
  const temporary = join(folder, 'root.new');
  removeTree(calls, temporary);
  makeContainerDirectory(calls, temporary, ownership);
  for (const tree of lowers.toReversed()) {
    signal.throwIfAborted();
    await applyTree(calls, tree, temporary);
  }
  renameSync(temporary, target);
  return target;
}
