// The directories of a tree that is being written, and the names in them. Archives may lack the entry of a directory,
// have it late or twice, and put something else in its place. Invariant: as tree-writer.ts.
import { closeSync, fchmodSync, fstatSync } from 'node:fs';
import { umask } from 'node:process';
import type { ByteString } from '../core/bytes.js';
import { invariant } from '../core/errors.js';
import { baseName, parentPath } from '../core/tree-path.js';
import type { TreeNode } from '../layer/entry.js';
import { timestampOf } from './path-in-root.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_NOFOLLOW, O_PATH } from '../host/syscalls/open-flags.js';
import type { Timestamp } from '../host/syscalls/object-status.js';
import { createDirectoryCache } from './directory-cache.js';
import { directoryBelow, timeOf, type AttributeWriter } from './node-attributes.js';
import type { Ownership } from './ownership.js';
import { removeAt } from './remove-tree.js';

/** Makes `name` in an open directory. */
type Create = (parent: number, name: ByteString) => void;

/** Descriptors are valid until the next call. */
export interface DirectoryWriter {
  /** Whether what is made gets the mode it is made with: no umask and no default ACL takes bits away. */
  readonly isModeKept: boolean;
  /** Undefined when it does not exist. */
  find(path: ByteString): number | undefined;
  /** Makes the directory when it does not exist. */
  open(path: ByteString): number;
  /** Makes something at `path`, in the place of whatever the layer had there before. */
  make(path: ByteString, create: Create): void;
  /** The entry of a directory. */
  add(path: ByteString, node: TreeNode): void;
  /** Removes a directory that the layer has no entry of. Nothing happens to one that it has. */
  removeImplicit(path: ByteString): void;
  /**
   * Sets what waits for the last entry: times, and the attributes of directories without an entry.
   * @param lowers trees of the layers below, topmost first
   */
  finish(lowers: readonly string[]): void;
  close(): void;
}

export interface DirectoryWriterOptions {
  readonly ownership: Ownership;
  readonly attributes: AttributeWriter;
}

/** @param root descriptor of an empty directory */
export function createDirectoryWriter(
  calls: SystemCalls,
  root: number,
  { ownership, attributes: { setOwner, finishOpen } }: DirectoryWriterOptions,
): DirectoryWriter {
  const cache = createDirectoryCache(calls, root);
  const isModeKept = keepsModes(calls, root);
  /** Set at the end: whatever is made in a directory changes its time. */
  const times = new Map<ByteString, Timestamp>();
  /** Directories without an entry. */
  const implicit = new Set<ByteString>(['' as ByteString]);

  function makeImplicit(parent: number, name: ByteString, path: ByteString): void {
    calls.mkdirat(parent, name, 0o700);
    implicit.add(path);
  }

  function open(path: ByteString): number {
    const fd = cache.open(path, makeImplicit);
    invariant(fd !== undefined, 'a directory that was just made exists');
    return fd;
  }

  function make(path: ByteString, create: Create): void {
    const parent = open(parentPath(path));
    const name = baseName(path);
    try {
      create(parent, name);
    } catch (error) {
      if (!isSystemCallError(error, 'EEXIST')) throw error;
      cache.forget(path);
      for (const known of [...times.keys(), ...implicit])
        if (known === path || known.startsWith(`${path}/`)) forget(known);
      removeAt(calls, parent, name);
      create(parent, name);
    }
  }

  function forget(path: ByteString): void {
    times.delete(path);
    implicit.delete(path);
  }

  /** @returns the mode that it was made with; undefined for one that was there before */
  function makeDirectory(path: ByteString, mode: number): number | undefined {
    const parent = open(parentPath(path));
    const name = baseName(path);
    const created = isModeKept ? mode : undefined;
    try {
      calls.mkdirat(parent, name, created ?? 0o700);
      return created;
    } catch (error) {
      if (!isSystemCallError(error, 'EEXIST')) throw error;
      if (isDirectoryAt(calls, parent, name)) return undefined;
      removeAt(calls, parent, name);
      calls.mkdirat(parent, name, created ?? 0o700);
      return created;
    }
  }

  /** A directory without an entry looks as it does in the layers below; without one there, 0755 of root. */
  function adoptAttributes(path: ByteString, lowers: readonly string[]): void {
    const fd = cache.open(path);
    if (fd === undefined) return;
    const below = directoryBelow(calls, { lowers, ownership }, path);
    setOwner(fd, below?.owner ?? { uid: 0, gid: 0 });
    fchmodSync(fd, Number(below?.stat.mode ?? 0o755) & 0o7777);
    if (below) times.set(path, timestampOf(below.stat.mtimeNs));
  }

  return {
    isModeKept,
    find: (path) => cache.open(path),
    open,
    make,
    add(path, node) {
      const created = path === '' ? undefined : makeDirectory(path, node.mode);
      const fd = cache.open(path);
      invariant(fd !== undefined, 'a directory that was just made exists');
      finishOpen(fd, node, created);
      implicit.delete(path);
      times.set(path, timeOf(node));
    },
    removeImplicit(path) {
      if (!implicit.has(path)) return;
      forget(path);
      cache.forget(path);
      const parent = cache.open(parentPath(path));
      if (parent !== undefined) removeAt(calls, parent, baseName(path));
    },
    finish(lowers) {
      for (const path of implicit) adoptAttributes(path, lowers);
      for (const [path, mtime] of times) {
        const parent = path === '' ? root : cache.open(parentPath(path));
        if (parent !== undefined) calls.utimensat(parent, baseName(path) || '.', { mtime });
      }
    },
    close: () => cache.close(),
  };
}

/** Whether the existing `name` in an open directory is a directory, and no link to one. */
export function isDirectoryAt(calls: SystemCalls, parent: number, name: ByteString): boolean {
  const fd = calls.openat(parent, name, O_PATH | O_NOFOLLOW);
  try {
    return fstatSync(fd).isDirectory();
  } finally {
    closeSync(fd);
  }
}

function keepsModes(calls: SystemCalls, root: number): boolean {
  return umask() === 0 && calls.listXattrs(root)['system.posix_acl_default'] === undefined;
}
