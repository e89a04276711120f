// Descriptors of the directories of a tree that is being written, opened component by component without following
// links.
import { closeSync } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import { invariant, TsbuildError } from '../core/errors.js';
import { baseName, parentPath } from '../core/tree-path.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_DIRECTORY, O_NOFOLLOW, O_RDONLY } from '../host/syscalls/open-flags.js';

const MAX_OPEN = 128;

export interface DirectoryCache {
  /**
   * A descriptor of the directory, valid until the next call. `onMissing` makes one that does not exist, else the
   * result is undefined.
   */
  open(
    path: ByteString,
    onMissing?: (parent: number, name: ByteString, path: ByteString) => void,
  ): number | undefined;
  /** The directory at `path` is gone, with everything below. */
  forget(path: ByteString): void;
  close(): void;
}

export function createDirectoryCache(calls: SystemCalls, root: number): DirectoryCache {
  const open = new Map<ByteString, number>();

  function openChild(parent: number, name: ByteString, path: ByteString): number | undefined {
    try {
      return calls.openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
    } catch (error) {
      if (isSystemCallError(error, 'ENOENT')) return undefined;
      if (isSystemCallError(error, 'ENOTDIR', 'ELOOP'))
        throw new TsbuildError(
          'LAYER_UNSAFE',
          `${path}: the layer writes below something that is not a directory`,
        );
      throw error;
    }
  }

  function remember(path: ByteString, fd: number): number {
    open.set(path, fd);
    if (open.size > MAX_OPEN) closeOldest();
    return fd;
  }

  function closeOldest(): void {
    const [oldest] = open;
    invariant(oldest, 'a directory was just opened');
    const [path, fd] = oldest;
    open.delete(path);
    closeSync(fd);
  }

  const cache: DirectoryCache = {
    open(path, onMissing) {
      if (path === '') return root;
      const known = open.get(path);
      if (known !== undefined) return known;
      const parent = cache.open(parentPath(path), onMissing);
      if (parent === undefined) return undefined;
      const name = baseName(path);
      const fd = openChild(parent, name, path);
      if (fd !== undefined || !onMissing) return fd === undefined ? undefined : remember(path, fd);
      onMissing(parent, name, path);
      const made = openChild(parent, name, path);
      return made === undefined ? undefined : remember(path, made);
    },
    forget(path) {
      for (const [known, fd] of open) {
        if (known !== path && !known.startsWith(`${path}/`)) continue;
        closeSync(fd);
        open.delete(known);
      }
    },
    close() {
      for (const fd of open.values()) closeSync(fd);
      open.clear();
    },
  };
  return cache;
}
