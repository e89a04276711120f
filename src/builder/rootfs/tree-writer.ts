// Writes the entries of one layer into a directory, as an overlay lower directory: ids of the worker's namespace, deletions as character
// devices 0:0, opaque directories as user.overlay.opaque. Invariant: no link is ever followed and nothing outside the directory is
// touched: every operation is relative to a descriptor of directory-cache.ts, on one name (users.md section 5.3, unpacking rows).
import { closeSync, fchmodSync, fchownSync, fstatSync, writeSync, type BigIntStats } from 'node:fs';
import type { ByteString } from '../../core/bytes.js';
import { invariant, TsbuildError } from '../../core/errors.js';
import type { LayerEntry, TreeNode } from '../../layer/entry.js';
import { baseName, parentPath } from '../../layer/tree-path.js';
import { timestampOf } from '../sandbox/path-in-root.js';
import type { SystemCalls } from '../sandbox/syscalls.js';
import { isSystemCallError } from '../sandbox/syscalls/binding.js';
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_PATH, O_RDONLY, O_WRONLY } from '../sandbox/syscalls/open-flags.js';
import type { Timestamp } from '../sandbox/syscalls/object-status.js';
import { copyFromLower } from './copy-from-lower.js';
import { createDirectoryCache } from './directory-cache.js';
import { WHITEOUT_PREFIX } from './layer-marks.js';
import { openBelow } from './lower-trees.js';
import { isTreeXattr, xattrForTree, type Owner, type Ownership, type RecordedNode } from './ownership.js';
import { removeAt } from './remove-tree.js';

const S_IFIFO = 0o010000;
const S_IFCHR = 0o020000;

export interface TreeWriter {
  /** A file's content follows by `write`, then `endEntry`. @throws TsbuildError LAYER_UNSAFE | LAYER_INVALID | LAYER_LIMIT */
  add(entry: LayerEntry): void;
  write(data: Buffer): void;
  endEntry(): void;
  /** Applies deletions and the times of directories. */
  finish(): void;
  close(): void;
}

export interface TreeWriterOptions {
  /** Trees of the layers below, topmost first: a directory that the layer does not describe looks as it does there. */
  readonly lowers: readonly string[];
  readonly ownership: Ownership;
}

/** @param root descriptor of an empty directory */
export function createTreeWriter(
  calls: SystemCalls,
  root: number,
  { lowers, ownership }: TreeWriterOptions,
): TreeWriter {
  const directories = createDirectoryCache(calls, root);
  const directoryTimes = new Map<ByteString, Timestamp>();
  const whiteouts = new Set<ByteString>();
  const opaques = new Set<ByteString>();
  let file: { fd: number; parent: number; name: ByteString; node: TreeNode } | undefined;
  adoptAttributes('' as ByteString, root);

  /** A directory without an entry of its own takes the attributes that it has below, else 0755 of root. */
  function adoptAttributes(path: ByteString, fd: number): void {
    const below = directoryBelow(calls, { lowers, ownership }, path);
    setOwner(fd, below?.owner ?? { uid: 0, gid: 0 });
    fchmodSync(fd, Number(below?.stat.mode ?? 0o755) & 0o7777);
    if (below) directoryTimes.set(path, timestampOf(below.stat.mtimeNs));
  }

  function setOwner(fd: number, owner: RecordedNode): void {
    fchownSync(fd, ownership.idOnDisk(owner.uid), ownership.idOnDisk(owner.gid));
    for (const [key, value] of Object.entries(ownership.record(owner))) calls.setXattr(fd, key, value);
  }

  function makeImplicit(parent: number, name: ByteString, path: ByteString): void {
    calls.mkdirat(parent, name, 0o700);
    const fd = calls.openat(parent, name, O_RDONLY | O_NOFOLLOW);
    adoptAttributes(path, fd);
    closeSync(fd);
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
      for (const known of directoryTimes.keys())
        if (known === path || known.startsWith(`${path}/`)) directoryTimes.delete(known);
      removeAt(calls, parent, name);
      create(parent, name);
    }
  }

  function finishNode(parent: number, name: ByteString, node: TreeNode, fd?: number): void {
    if (fd === undefined) {
      calls.lchownat(parent, name, ownership.idOnDisk(node.uid), ownership.idOnDisk(node.gid));
      const atime = ownership.accessTime?.(node);
      return calls.utimensat(parent, name, { mtime: timeOf(node), ...(atime && { atime }) });
    }
    // Owner first: changing it clears set-id bits and capabilities.
    setOwner(fd, node);
    fchmodSync(fd, node.mode);
    for (const [key, value] of Object.entries(node.xattrs ?? {}))
      if (isTreeXattr(key)) calls.setXattr(fd, key, xattrForTree(key, value, ownership));
    if (node.type !== 'dir') calls.utimensat(parent, name, { mtime: timeOf(node) });
  }

  function addDirectory(path: ByteString, node: TreeNode): void {
    if (path !== '') makeDirectory(path);
    const fd = directories.open(path);
    invariant(fd !== undefined, 'a directory that was just made exists');
    finishNode(fd, '.' as ByteString, node, fd);
    directoryTimes.set(path, timeOf(node));
  }

  function makeDirectory(path: ByteString): void {
    const parent = parentOf(path);
    const name = baseName(path);
    try {
      calls.mkdirat(parent, name, 0o700);
    } catch (error) {
      if (!isSystemCallError(error, 'EEXIST')) throw error;
      if (isDirectory(parent, name)) return;
      removeAt(calls, parent, name);
      calls.mkdirat(parent, name, 0o700);
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
          finishNode(parent, name, node);
        });
      case 'fifo':
        return make(path, (parent, name) => {
          calls.mknodat(parent, name, S_IFIFO | (node.mode & 0o777), 0);
          finishNode(parent, name, node);
        });
      case 'file':
      case 'char':
      case 'block':
        // A user namespace cannot hold devices: an empty file stands for one. It never is a change, since it lies below the upper directory.
        return make(path, (parent, name) => {
          file = {
            fd: calls.openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, 0o600),
            parent,
            name,
            node,
          };
          if (node.type !== 'file') endEntry();
        });
    }
  }

  function addHardlink(path: ByteString, target: ByteString): void {
    const dir = directories.open(parentPath(target));
    const from = dir === undefined ? undefined : calls.openat(dir, '.', O_PATH);
    try {
      make(path, (parent, name) => {
        if (from === undefined || !linkExisting(from, baseName(target), parent, name))
          copyFromLower(calls, { lowers, target, parent, name });
      });
    } finally {
      if (from !== undefined) closeSync(from);
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
    const { fd, parent, name, node } = file;
    file = undefined;
    try {
      finishNode(parent, name, node, fd);
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

  return {
    add(entry) {
      if (entry.kind === 'node') addNode(entry.path, entry.node);
      else if (entry.kind === 'hardlink') addHardlink(entry.path, entry.target);
      else if (entry.kind === 'whiteout') whiteouts.add(entry.path);
      else opaques.add(entry.path);
    },
    write(data) {
      invariant(file, 'content belongs to a file');
      for (let done = 0; done < data.length;) done += writeSync(file.fd, data, done);
    },
    endEntry,
    finish() {
      for (const path of whiteouts) applyWhiteout(path);
      for (const path of opaques)
        calls.setXattr(
          directories.open(path, makeImplicit) ?? root,
          'user.overlay.opaque',
          'y' as ByteString,
        );
      for (const [path, mtime] of directoryTimes) {
        const fd = directories.open(path);
        if (fd !== undefined) calls.utimensat(fd, '.', { mtime });
      }
    },
    close() {
      if (file) closeSync(file.fd);
      directories.close();
    },
  };
}

function timeOf(node: TreeNode): Timestamp {
  return { seconds: node.mtime, nanoseconds: node.mtimeNsec };
}

/** The directory that the layers below show at `path`. */
function directoryBelow(
  calls: SystemCalls,
  { lowers, ownership }: TreeWriterOptions,
  path: ByteString,
): { readonly stat: BigIntStats; readonly owner: Owner } | undefined {
  const fd = openBelow(calls, lowers, path);
  if (fd === undefined) return undefined;
  try {
    const stat = fstatSync(fd, { bigint: true });
    if (!stat.isDirectory()) return undefined;
    const ids = { uid: Number(stat.uid), gid: Number(stat.gid) };
    return { stat, owner: ownership.ownerOf(ids, calls.listXattrs(`/proc/self/fd/${fd}/.`)) };
  } finally {
    closeSync(fd);
  }
}
