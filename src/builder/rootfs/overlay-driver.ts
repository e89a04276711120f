// The kernel's overlayfs as the file system of steps: the upper directory is what a step changed, and becomes the tree of its layer.
import { chmodSync, closeSync, lstatSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { modificationTime, openDirectory } from '../sandbox/path-in-root.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { AT_FDCWD } from '../sandbox/syscalls/file-calls.js';
import { makeContainerDirectory, mountOverlay } from './overlay.js';
import type { Ownership } from './ownership.js';
import type { Rootfs, RootfsDriver, RootfsView, ViewOptions } from './rootfs-driver.js';
import { upperDiff } from './upper-diff.js';

export function overlayDriver(calls: SystemCalls, ownership: Ownership): RootfsDriver {
  const view = (directory: string, lowers: readonly string[], options: ViewOptions): RootfsView =>
    mountView(calls, ownership, directory, lowers, options);
  return {
    name: 'overlay',
    open: async (directory, lowers) => openRootfs(calls, ownership, directory, lowers),
    view: async (directory, lowers, options) => view(directory, lowers, options),
  };
}

function openRootfs(
  calls: SystemCalls,
  ownership: Ownership,
  directory: string,
  lowers: readonly string[],
): Rootfs {
  const at = (name: string): string => join(directory, name);
  for (const name of ['upper', 'empty']) makeContainerDirectory(calls, at(name), ownership);
  for (const name of ['work', 'rootfs', 'lower']) mkdirSync(at(name), { mode: 0o700 });
  const top = lowers[0];
  if (top !== undefined) copyRootAttributes(calls, top, at('upper'));
  mountOverlay(calls, {
    lowers: lowers.length > 0 ? lowers : [at('empty')],
    upper: at('upper'),
    work: at('work'),
    target: at('rootfs'),
  });
  const closeRootfs = detachOnce(calls, at('rootfs'));
  let lower: RootfsView | undefined;
  return {
    target: at('rootfs'),
    async changes() {
      closeRootfs();
      lower = mountView(calls, ownership, at('lower'), lowers, { isWritable: false });
      const entries = upperDiff(calls, { upper: at('upper'), lower: lower.target, ownership });
      return { entries, tree: at('upper') };
    },
    close() {
      closeRootfs();
      lower?.close();
    },
  };
}

function mountView(
  calls: SystemCalls,
  ownership: Ownership,
  directory: string,
  lowers: readonly string[],
  { isWritable }: ViewOptions,
): RootfsView {
  const at = (part: string): string => join(directory, part);
  for (const part of ['empty', 'empty-too', 'upper']) makeContainerDirectory(calls, at(part), ownership);
  for (const part of ['work', 'view']) mkdirSync(at(part), { mode: 0o700 });
  // A read-only overlay needs two layers.
  const all =
    lowers.length > 1 ? lowers : [...lowers, at('empty'), ...(lowers.length === 0 ? [at('empty-too')] : [])];
  mountOverlay(calls, {
    lowers: all,
    target: at('view'),
    ...(isWritable && { upper: at('upper'), work: at('work') }),
  });
  return { target: at('view'), close: detachOnce(calls, at('view')) };
}

function detachOnce(calls: SystemCalls, path: string): () => void {
  let isMounted = true;
  return () => {
    if (isMounted) calls.detach(path);
    isMounted = false;
  };
}

/** The root of an overlay looks like the root of its upper directory. */
function copyRootAttributes(calls: SystemCalls, from: string, to: string): void {
  const stat = lstatSync(from);
  calls.lchownat(AT_FDCWD, to, stat.uid, stat.gid);
  chmodSync(to, stat.mode & 0o7777);
  const fd = openDirectory(from);
  calls.utimensat(AT_FDCWD, to, { mtime: modificationTime(fd) });
  closeSync(fd);
}
