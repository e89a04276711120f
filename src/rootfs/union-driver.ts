// Drivers that stack trees and keep changes in an upper directory: the kernel's overlayfs and fuse-overlayfs differ in
// how they mount. The upper directory is what a process changed, and becomes the tree of its layer.
import { chmodSync, closeSync, lstatSync, mkdirSync, openSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8 } from '../core/bytes.js';
import { modificationTime, openDirectory } from './path-in-root.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { AT_FDCWD } from '../host/syscalls/file-calls.js';
import { O_DIRECTORY, O_RDONLY } from '../host/syscalls/open-flags.js';
import { makeContainerDirectory, visibleLowers, type OverlayOptions } from './overlay.js';
import type { Ownership } from './ownership.js';
import type { Rootfs, RootfsDriver, RootfsView, ViewOptions } from './rootfs-driver.js';
import { upperDiff } from './upper-diff.js';

export interface UnionMount {
  /**
   * Nobody writes any more. Everything that was written lies in the upper directory afterwards, with the marks that
   * trees have.
   */
  finish(): Promise<void>;
  /** Unmounts at once; without `finish` what was written may be lost. Idempotent. */
  discard(): void;
}

export interface Union {
  readonly name: RootfsDriver['name'];
  /** @throws TsbuildError SANDBOX_NO_OVERLAY */
  mount(options: OverlayOptions): Promise<UnionMount>;
}

export function unionDriver(calls: SystemCalls, ownership: Ownership, union: Union): RootfsDriver {
  const place: Place = { calls, ownership, union };
  const visible = visibleLowers(calls);
  return {
    name: union.name,
    open: (directory, lowers) => openRootfs(place, directory, visible(lowers)),
    view: (directory, lowers, options) => mountView(place, directory, visible(lowers), options),
  };
}

interface Place {
  readonly calls: SystemCalls;
  readonly ownership: Ownership;
  readonly union: Union;
}

async function openRootfs(place: Place, directory: string, lowers: readonly string[]): Promise<Rootfs> {
  const { calls, ownership, union } = place;
  const at = (name: string): string => join(directory, name);
  const needed = lowers.length > 0 ? ['upper'] : ['upper', 'empty'];
  for (const name of needed) makeContainerDirectory(calls, at(name), ownership);
  for (const name of ['work', 'rootfs']) mkdirSync(at(name), { mode: 0o700 });
  const top = lowers[0];
  if (top !== undefined) copyRootAttributes(calls, top, at('upper'), ownership);
  const rootfs = await union.mount({
    lowers: lowers.length > 0 ? lowers : [at('empty')],
    upper: at('upper'),
    work: at('work'),
    target: at('rootfs'),
  });
  let lower: RootfsView | undefined;
  return {
    target: at('rootfs'),
    async changes() {
      await rootfs.finish();
      mkdirSync(at('lower'), { mode: 0o700 });
      lower = await mountView(place, at('lower'), lowers, { isWritable: false });
      const entries = upperDiff(calls, { upper: at('upper'), lower: lower.target, ownership });
      return { entries, tree: at('upper') };
    },
    close() {
      rootfs.discard();
      lower?.close();
    },
  };
}

async function mountView(
  { calls, ownership, union }: Place,
  directory: string,
  lowers: readonly string[],
  { isWritable }: ViewOptions,
): Promise<RootfsView> {
  const at = (part: string): string => join(directory, part);
  // A read-only overlay needs two layers.
  const missing = ['empty', 'empty-too'].slice(Math.min(lowers.length, 2));
  const needed = isWritable ? [...missing, 'upper'] : missing;
  for (const part of needed) makeContainerDirectory(calls, at(part), ownership);
  for (const part of isWritable ? ['work', 'view'] : ['view']) mkdirSync(at(part), { mode: 0o700 });
  const view = await union.mount({
    lowers: [...lowers, ...missing.map(at)],
    target: at('view'),
    ...(isWritable && { upper: at('upper'), work: at('work') }),
  });
  return { target: at('view'), close: () => view.discard() };
}

/** The root of an overlay looks like the root of its upper directory. */
export function copyRootAttributes(calls: SystemCalls, from: string, to: string, ownership: Ownership): void {
  const { uid, gid, mode } = lstatSync(from);
  calls.lchownat(AT_FDCWD, fromUtf8(to), uid, gid);
  const record = ownership.record(ownership.ownerOf({ uid, gid }, calls.listXattrs(from)));
  const upper = openSync(to, O_RDONLY | O_DIRECTORY);
  for (const [name, value] of Object.entries(record)) calls.setXattr(upper, name, value);
  closeSync(upper);
  chmodSync(to, mode & 0o7777);
  const fd = openDirectory(from);
  calls.utimensat(AT_FDCWD, fromUtf8(to), { mtime: modificationTime(fd) });
  closeSync(fd);
}
