// Writes the entries of one layer into a directory, as an overlay lower directory: ids of the worker's namespace,
// deletions as character devices 0:0, opaque directories as user.overlay.opaque. Invariant: no link is ever followed
// and nothing outside the directory is touched: every operation is relative to a descriptor of directory-cache.ts, on
// one name (CVE-2026-17106).
import { closeSync, fchmodSync, fstatSync, openSync, writeSync } from 'node:fs';
import { umask } from 'node:process';
import { toUtf8, type ByteString } from '../core/bytes.js';
import { invariant, TsbuildError } from '../core/errors.js';
import type { LayerEntry, TreeNode } from '../layer/entry.js';
import { AUFS_LINKS } from '../layer/tar/whiteout-names.js';
import { baseName, parentPath } from '../core/tree-path.js';
import { timestampOf } from './path-in-root.js';
import { S_IFCHR, S_IFIFO } from '../host/stat-layout.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_PATH, O_RDONLY, O_WRONLY } from '../host/syscalls/open-flags.js';
import type { Timestamp } from '../host/syscalls/object-status.js';
import { copyFromLower } from './copy-from-lower.js';
import { DEVICES_XATTR, HAS_DEVICES, isVisibleDevice, markOpaque, WHITEOUT_PREFIX } from './tree-marks.js';
import { createDirectoryCache } from './directory-cache.js';
import { assertIds } from './id-spans.js';
import { createAttributeWriter, directoryBelow, timeOf } from './node-attributes.js';
import { decodeDevice, DEVICE_XATTR, RECORD_PREFIX } from './owner-record.js';
import type { Ownership } from './ownership.js';
import { removeAt } from './remove-tree.js';

export interface TreeWriter {
  /**
   * A file's content follows by `write`, then `endEntry`.
   * @throws TsbuildError LAYER_UNSAFE | LAYER_INVALID | SANDBOX_NO_SUBUID
   */
  add(entry: LayerEntry): void;
  write(data: Buffer): void;
  endEntry(): void;
  /** A hard link needed the layers below, which were not known: the tree lacks it and is of no use. */
  isLacking(): boolean;
  /**
   * Applies deletions, what is known of directories from below, and the times of directories.
   * @param lowers trees of the layers below, topmost first: a directory that the layer does not describe looks as it
   * does there
   */
  finish(lowers: readonly string[]): void;
  close(): void;
}

export interface TreeWriterOptions {
  /** Trees of the layers below, topmost first; absent while they are still being made. */
  readonly lowers?: readonly string[] | undefined;
  readonly ownership: Ownership;
}

/** @param root descriptor of an empty directory */
export function createTreeWriter(
  calls: SystemCalls,
  root: number,
  { lowers, ownership }: TreeWriterOptions,
): TreeWriter {
  const directories = createDirectoryCache(calls, root);
  const { setOwner, finishOpen, finishAt } = createAttributeWriter(calls, ownership);
  const isModeKept = keepsModes(calls, root);
  const directoryTimes = new Map<ByteString, Timestamp>();
  /** Directories without an entry of their own. */
  const implicit = new Set<ByteString>(['' as ByteString]);
  const whiteouts = new Set<ByteString>();
  const opaques = new Set<ByteString>();
  let file: { readonly fd: number; readonly node: TreeNode } | undefined;
  let isLacking = false;
  let hasDevices = false;

  /** A directory without an entry of its own takes the attributes that it has below, else 0755 of root. */
  function adoptAttributes(path: ByteString, trees: readonly string[]): void {
    const fd = directories.open(path);
    if (fd === undefined) return;
    const below = directoryBelow(calls, { lowers: trees, ownership }, path);
    setOwner(fd, below?.owner ?? { uid: 0, gid: 0 });
    fchmodSync(fd, Number(below?.stat.mode ?? 0o755) & 0o7777);
    if (below) directoryTimes.set(path, timestampOf(below.stat.mtimeNs));
  }

  function makeImplicit(parent: number, name: ByteString, path: ByteString): void {
    calls.mkdirat(parent, name, 0o700);
    implicit.add(path);
  }

  function parentOf(path: ByteString): number {
    const fd = directories.open(parentPath(path), makeImplicit);
    invariant(fd !== undefined, 'a directory that was just made exists');
    return fd;
  }

  /** Makes something at `path`, in the place of whatever the layer had there before. */
  function make(path: ByteString, create: (parent: number, name: ByteString) => void): void {
    const parent = parentOf(path);
    const name = baseName(path);
    try {
      create(parent, name);
    } catch (error) {
      if (!isSystemCallError(error, 'EEXIST')) throw error;
      directories.forget(path);
      for (const known of [...directoryTimes.keys(), ...implicit])
        if (known === path || known.startsWith(`${path}/`)) forgetDirectory(known);
      removeAt(calls, parent, name);
      create(parent, name);
    }
  }

  function forgetDirectory(path: ByteString): void {
    directoryTimes.delete(path);
    implicit.delete(path);
  }

  function addDirectory(path: ByteString, node: TreeNode): void {
    const created = path === '' ? undefined : makeDirectory(path, node.mode);
    const fd = directories.open(path);
    invariant(fd !== undefined, 'a directory that was just made exists');
    finishOpen(fd, node, created);
    implicit.delete(path);
    directoryTimes.set(path, timeOf(node));
  }

  /** Returns the mode that it was made with; undefined for one that was there before. */
  function makeDirectory(path: ByteString, mode: number): number | undefined {
    const parent = parentOf(path);
    const name = baseName(path);
    const created = isModeKept ? mode : undefined;
    try {
      calls.mkdirat(parent, name, created ?? 0o700);
      return created;
    } catch (error) {
      if (!isSystemCallError(error, 'EEXIST')) throw error;
      if (isDirectory(parent, name)) return undefined;
      removeAt(calls, parent, name);
      calls.mkdirat(parent, name, created ?? 0o700);
      return created;
    }
  }

  function isDirectory(parent: number, name: ByteString): boolean {
    const fd = calls.openat(parent, name, O_PATH | O_NOFOLLOW);
    try {
      return fstatSync(fd).isDirectory();
    } finally {
      closeSync(fd);
    }
  }

  function addNode(path: ByteString, node: TreeNode): void {
    switch (node.type) {
      case 'dir':
        return addDirectory(path, node);
      case 'symlink':
        return make(path, (parent, name) => {
          calls.symlinkat(node.link ?? ('' as ByteString), parent, name);
          finishAt(parent, name, node);
        });
      case 'fifo':
        return make(path, (parent, name) => {
          calls.mknodat(parent, name, S_IFIFO | (node.mode & 0o1777), 0);
          finishAt(parent, name, node);
        });
      case 'file':
      case 'char':
      case 'block':
        // An empty file with a record stands for a device: a user namespace cannot make one, and no image gets one of
        // the host's.
        make(path, (parent, name) => {
          const fd = calls.openat(
            parent,
            name,
            O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW,
            isModeKept ? node.mode : 0o600,
          );
          file = { fd, node };
        });
        if (node.type !== 'file') endEntry();
    }
  }

  function addHardlink({ path, target, node }: Extract<LayerEntry, { kind: 'hardlink' }>): void {
    const dir = directories.open(parentPath(target));
    const from = dir === undefined ? undefined : calls.openat(dir, '.', O_PATH);
    try {
      make(path, (parent, name) => {
        if (from !== undefined && linkExisting(from, baseName(target), parent, name)) {
          if (node) finishLink(parent, name, node);
          return;
        }
        if (lowers) copyFromLower(calls, { lowers, target, parent, name });
        else isLacking = true;
      });
    } finally {
      if (from !== undefined) closeSync(from);
    }
  }

  /** The header of a further name is about the object too: the last one wins (layer/link-metadata.ts). */
  function finishLink(parent: number, name: ByteString, node: TreeNode): void {
    const linked = calls.openat(parent, name, O_PATH | O_NOFOLLOW);
    try {
      if (!fstatSync(linked).isFile()) return finishAt(parent, name, node);
      // The descriptor is of a regular file: opening it again by its magic link leads nowhere else.
      const fd = openSync(`/proc/self/fd/${linked}`, O_RDONLY);
      try {
        const before = calls.listXattrs(fd);
        const finished = { ...node, ...decodeDevice(before[DEVICE_XATTR]) };
        // What is recorded of the owner before is not always written over.
        for (const key of Object.keys(before))
          if (key.startsWith(RECORD_PREFIX) && !(key in ownership.record(finished)))
            calls.removeXattr(fd, key);
        finishOpen(fd, finished, undefined);
        calls.futimens(fd, timeOf(node));
      } finally {
        closeSync(fd);
      }
    } finally {
      closeSync(linked);
    }
  }

  function linkExisting(from: number, target: ByteString, parent: number, name: ByteString): boolean {
    try {
      calls.linkat(from, target, parent, name);
      return true;
    } catch (error) {
      if (isSystemCallError(error, 'ENOENT')) return false;
      if (isSystemCallError(error, 'EPERM'))
        throw new TsbuildError('LAYER_INVALID', `hard link to ${target}, which is a directory`);
      throw error;
    }
  }

  function endEntry(): void {
    if (!file) return;
    const { fd, node } = file;
    file = undefined;
    try {
      finishOpen(fd, node, isModeKept ? node.mode : undefined);
      calls.futimens(fd, timeOf(node));
    } finally {
      closeSync(fd);
    }
  }

  /** An overlay as the store's file system takes no device 0:0: it would be its own mark. */
  function makeWhiteout(parent: number, name: ByteString): void {
    try {
      calls.mknodat(parent, name, S_IFCHR, 0);
    } catch (error) {
      if (!isSystemCallError(error, 'EPERM')) throw error;
      const mark = `${WHITEOUT_PREFIX}${name}` as ByteString;
      closeSync(calls.openat(parent, mark, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600));
    }
  }

  function applyWhiteout(path: ByteString): void {
    const parent = parentOf(path);
    try {
      makeWhiteout(parent, baseName(path));
    } catch (error) {
      if (!isSystemCallError(error, 'EEXIST')) throw error;
      // The layer deletes the lower object and has one of its own: only a directory would still show what is below.
      if (isDirectory(parent, baseName(path))) opaques.add(path);
    }
  }

  function hideBelow(path: ByteString): void {
    const fd = directories.open(path, makeImplicit);
    invariant(fd !== undefined, 'a directory that was just made exists');
    markOpaque(calls, fd);
  }

  function removeKeptForLinks(): void {
    if (!implicit.has(AUFS_LINKS)) return;
    forgetDirectory(AUFS_LINKS);
    directories.forget(AUFS_LINKS);
    removeAt(calls, root, AUFS_LINKS);
  }

  return {
    add(entry) {
      hasDevices ||= isVisibleDevice(entry);
      const node = 'node' in entry ? entry.node : undefined;
      if (node) assertIds(ownership.ids, node, () => `/${toUtf8(entry.path)} of the image belongs to`);
      if (entry.kind === 'node') addNode(entry.path, entry.node);
      else if (entry.kind === 'hardlink') addHardlink(entry);
      else if (entry.kind === 'whiteout') whiteouts.add(entry.path);
      else opaques.add(entry.path);
    },
    write(data) {
      invariant(file, 'content belongs to a file');
      for (let done = 0; done < data.length;) done += writeSync(file.fd, data, done);
    },
    endEntry,
    isLacking: () => isLacking,
    finish(trees) {
      removeKeptForLinks();
      if (hasDevices) calls.setXattr(root, DEVICES_XATTR, HAS_DEVICES);
      for (const path of whiteouts) applyWhiteout(path);
      for (const path of opaques) hideBelow(path);
      for (const path of implicit) adoptAttributes(path, trees);
      for (const [path, mtime] of directoryTimes) {
        const parent = path === '' ? root : directories.open(parentPath(path));
        if (parent !== undefined) calls.utimensat(parent, baseName(path) || '.', { mtime });
      }
    },
    close() {
      if (file) closeSync(file.fd);
      directories.close();
    },
  };
}

/** Whether what is made in the directory gets the mode it is made with: no umask and no default ACL takes bits away. */
function keepsModes(calls: SystemCalls, root: number): boolean {
  return umask() === 0 && calls.listXattrs(root)['system.posix_acl_default'] === undefined;
}
