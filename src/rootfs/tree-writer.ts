// Writes the entries of one layer into a directory, in the form of a lower directory of overlayfs: owners as
// ownership.ts puts them on disk, deletions as marks (tree-marks.ts). Invariant: no link is ever followed, and nothing
// outside of the directory is touched. Every operation is on one name in an open directory (CVE-2026-17106).
import { closeSync, writeSync } from 'node:fs';
import { toUtf8, type ByteString } from '../core/bytes.js';
import { invariant } from '../core/errors.js';
import type { LayerEntry, TreeNode } from '../layer/entry.js';
import { AUFS_LINKS } from '../layer/tar/whiteout-names.js';
import { S_IFIFO } from '../host/stat-layout.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { O_CREAT, O_EXCL, O_NOFOLLOW, O_WRONLY } from '../host/syscalls/open-flags.js';
import { createDeletionMarks } from './deletion-marks.js';
import { createDirectoryWriter } from './directory-writer.js';
import { createLinkWriter } from './link-writer.js';
import { DEVICES_XATTR, HAS_DEVICES, isVisibleDevice } from './tree-marks.js';
import { assertIds } from './id-spans.js';
import { createAttributeWriter, timeOf } from './node-attributes.js';
import type { Ownership } from './ownership.js';

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
   * After the last entry: makes the marks of deletions, and sets what directories get at the end.
   * @param lowers trees of the layers below, topmost first: a directory that the layer has no entry of looks as it
   * does there
   */
  finish(lowers: readonly string[]): void;
  close(): void;
}

export interface TreeWriterOptions {
  /** Trees of the layers below, topmost first; absent while they are being made. */
  readonly lowers?: readonly string[] | undefined;
  readonly ownership: Ownership;
}

/** @param root descriptor of an empty directory */
export function createTreeWriter(
  calls: SystemCalls,
  root: number,
  { lowers, ownership }: TreeWriterOptions,
): TreeWriter {
  const attributes = createAttributeWriter(calls, ownership);
  const directories = createDirectoryWriter(calls, root, { ownership, attributes });
  const links = createLinkWriter(calls, { directories, attributes, ownership, lowers });
  const deletions = createDeletionMarks(calls, directories);
  const { isModeKept } = directories;
  let file: { readonly fd: number; readonly node: TreeNode } | undefined;
  let hasDevices = false;

  function addNode(path: ByteString, node: TreeNode): void {
    switch (node.type) {
      case 'dir':
        return directories.add(path, node);
      case 'symlink':
        return directories.make(path, (parent, name) => {
          calls.symlinkat(node.link ?? ('' as ByteString), parent, name);
          attributes.finishAt(parent, name, node);
        });
      case 'fifo':
        return directories.make(path, (parent, name) => {
          calls.mknodat(parent, name, S_IFIFO | (node.mode & 0o1777), 0);
          attributes.finishAt(parent, name, node);
        });
      case 'file':
      case 'char':
      case 'block':
        // A device becomes an empty file with a record: a user namespace cannot make devices, and no image may have one
        // of the host's.
        directories.make(path, (parent, name) => {
          const mode = isModeKept ? node.mode : 0o600;
          file = { fd: calls.openat(parent, name, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW, mode), node };
        });
        if (node.type !== 'file') endEntry();
    }
  }

  function endEntry(): void {
    if (!file) return;
    const { fd, node } = file;
    file = undefined;
    try {
      attributes.finishOpen(fd, node, isModeKept ? node.mode : undefined);
      calls.futimens(fd, timeOf(node));
    } finally {
      closeSync(fd);
    }
  }

  return {
    add(entry) {
      hasDevices ||= isVisibleDevice(entry);
      const node = 'node' in entry ? entry.node : undefined;
      if (node) assertIds(ownership.ids, node, () => `/${toUtf8(entry.path)} of the image belongs to`);
      if (entry.kind === 'node') addNode(entry.path, entry.node);
      else if (entry.kind === 'hardlink') links.add(entry);
      else if (entry.kind === 'whiteout') deletions.addWhiteout(entry.path);
      else deletions.addOpaque(entry.path);
    },
    write(data) {
      invariant(file, 'content belongs to a file');
      for (let done = 0; done < data.length;) done += writeSync(file.fd, data, done);
    },
    endEntry,
    isLacking: () => links.isLacking(),
    finish(trees) {
      // Old aufs layers keep their hard links there; only the links to them belong to the image.
      directories.removeImplicit(AUFS_LINKS);
      if (hasDevices) calls.setXattr(root, DEVICES_XATTR, HAS_DEVICES);
      deletions.apply();
      directories.finish(trees);
    },
    close() {
      if (file) closeSync(file.fd);
      directories.close();
    },
  };
}
