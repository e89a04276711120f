// Writes the entries of an archive into a directory that is in use, as docker's cp unpacks one: what is there stays,
// files are replaced, and a directory and a file never take each other's place. Invariant: as tree-writer.ts, no link
// is followed and nothing outside of the directory is touched, whatever the archive says and whatever others do in the
// directory meanwhile. Every operation is on one name in an open directory.
import { closeSync } from 'node:fs';
import { toUtf8, type ByteString } from '../core/bytes.js';
import { invariant, TsbuildError } from '../core/errors.js';
import { baseName, parentPath, ROOT } from '../core/tree-path.js';
import type { LayerEntry, TreeNode } from '../layer/entry.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import {
  O_CREAT,
  O_DIRECTORY,
  O_EXCL,
  O_NOFOLLOW,
  O_PATH,
  O_RDONLY,
  O_WRONLY,
} from '../host/syscalls/open-flags.js';
import { writeAll } from '../host/write-all.js';
import { S_IFIFO } from '../host/stat-layout.js';
import { createDirectoryCache } from './directory-cache.js';
import { modificationTime } from './path-in-root.js';

/** How what is written gets its owner, mode, attributes and times. */
export interface WrittenAttributes {
  /** Of an open file or directory. */
  finishOpen(fd: number, node: TreeNode): void;
  /** Of a link or pipe in an open directory. */
  finishAt(parent: number, name: ByteString, node: TreeNode): void;
}

export interface ArchiveWriter {
  /**
   * A file's content follows by `write`, then `endEntry`.
   * @throws TsbuildError COPY_CONFLICT, LAYER_UNSAFE, LAYER_INVALID
   */
  add(entry: LayerEntry): void;
  write(data: Buffer): void;
  endEntry(): void;
  /** After the last entry. */
  finish(): void;
  close(): void;
}

export interface ArchiveWriterOptions {
  readonly attributes: WrittenAttributes;
  /** Of directories that the archive has no entry of. */
  readonly missing: Pick<TreeNode, 'mode' | 'uid' | 'gid'>;
  /** Gets the paths of devices, which nobody may make here. */
  readonly onDevice: (path: ByteString) => void;
}

/** @param root descriptor of the directory, which stays the caller's */
export function createArchiveWriter(
  calls: SystemCalls,
  root: number,
  { attributes, missing, onDevice }: ArchiveWriterOptions,
): ArchiveWriter {
  const cache = createDirectoryCache(calls, root);
  /** They get their modes and times last: what is in them is still to be made. */
  const directories = new Map<ByteString, TreeNode>();
  /** Those that the archive has no entry of: their times are those of their making. */
  const implied = new Set<ByteString>();
  let file: { readonly fd: number; readonly node: TreeNode } | undefined;

  function parentOf(path: ByteString): number {
    const parent = cache.open(parentPath(path), (above, name, where) => {
      calls.mkdirat(above, name, 0o700);
      implied.add(where);
      directories.set(where, { type: 'dir', size: 0, mtime: 0, mtimeNsec: 0, ...missing });
    });
    invariant(parent !== undefined, 'a directory that is missing was made');
    return parent;
  }

  /** Makes room for anything but a directory. */
  function replace(path: ByteString): { readonly parent: number; readonly name: ByteString } {
    const [parent, name] = [parentOf(path), baseName(path)];
    try {
      calls.unlinkat(parent, name, 0);
    } catch (error) {
      if (isSystemCallError(error, 'EISDIR', 'EPERM') && typeAt(parent, name) === 'directory')
        throw conflict(`cannot overwrite directory "/${toUtf8(path)}" with non-directory`);
      if (!isSystemCallError(error, 'ENOENT')) throw error;
    }
    return { parent, name };
  }

  function typeAt(parent: number, name: ByteString): string | undefined {
    const found = calls.lookAt(parent, name);
    if (found) calls.close(found.fd);
    return found?.type;
  }

  function addDirectory(path: ByteString, node: TreeNode): void {
    if (path === ROOT) return;
    const [parent, name] = [parentOf(path), baseName(path)];
    const type = typeAt(parent, name);
    if (type !== undefined && type !== 'directory')
      throw conflict(`cannot overwrite non-directory "/${toUtf8(path)}" with directory`);
    if (type === undefined) calls.mkdirat(parent, name, 0o700);
    implied.delete(path);
    directories.set(path, node);
  }

  function addNode(path: ByteString, node: TreeNode): void {
    if (node.type === 'dir') return addDirectory(path, node);
    if (node.type === 'char' || node.type === 'block') return onDevice(path);
    const { parent, name } = replace(path);
    if (node.type === 'file') {
      const flags = O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW;
      file = { fd: calls.openat(parent, name, flags, 0o600), node };
      return;
    }
    if (node.type === 'symlink') calls.symlinkat(node.link ?? ('' as ByteString), parent, name);
    else calls.mknodat(parent, name, S_IFIFO | 0o600, 0);
    attributes.finishAt(parent, name, node);
  }

  function addLink({ path, target }: Extract<LayerEntry, { kind: 'hardlink' }>): void {
    // A descriptor of its own: the next look may close the one that is known.
    const from = calls.openat(parentOf(target), '.', O_PATH);
    try {
      const { parent, name } = replace(path);
      calls.linkat(from, baseName(target), parent, name);
    } catch (error) {
      if (!isSystemCallError(error, 'ENOENT', 'EPERM')) throw error;
      throw new TsbuildError(
        'LAYER_INVALID',
        `hard link to /${toUtf8(target)}, which is no file of the archive`,
      );
    } finally {
      closeSync(from);
    }
  }

  return {
    add(entry) {
      if (entry.kind === 'node') return addNode(entry.path, entry.node);
      invariant(entry.kind === 'hardlink', 'an archive that is no layer deletes nothing');
      addLink(entry);
    },
    write(data) {
      if (file) writeAll(file.fd, data);
    },
    endEntry() {
      if (!file) return;
      const { fd, node } = file;
      file = undefined;
      try {
        attributes.finishOpen(fd, node);
      } finally {
        closeSync(fd);
      }
    },
    finish() {
      for (const [path, node] of [...directories].reverse()) {
        const fd = calls.openat(parentOf(path), baseName(path), O_RDONLY | O_DIRECTORY | O_NOFOLLOW);
        try {
          attributes.finishOpen(fd, implied.has(path) ? { ...node, ...timeIn(fd) } : node);
        } finally {
          closeSync(fd);
        }
      }
    },
    close() {
      if (file) closeSync(file.fd);
      cache.close();
    },
  };
}

function timeIn(fd: number): Pick<TreeNode, 'mtime' | 'mtimeNsec'> {
  const { seconds, nanoseconds } = modificationTime(fd);
  return { mtime: seconds, mtimeNsec: nanoseconds };
}

function conflict(message: string): TsbuildError {
  return new TsbuildError('COPY_CONFLICT', message, { hint: 'remove what is in its place first' });
}
