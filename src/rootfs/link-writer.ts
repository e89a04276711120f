// The hard links of a layer, in a tree that is being written. Invariant: as tree-writer.ts.
import { closeSync, fstatSync, openSync } from 'node:fs';
import type { ByteString } from '../core/bytes.js';
import { TsbuildError } from '../core/errors.js';
import { baseName, parentPath } from '../core/tree-path.js';
import type { LayerEntry, TreeNode } from '../layer/entry.js';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import { O_NOFOLLOW, O_PATH, O_RDONLY } from '../host/syscalls/open-flags.js';
import { copyFromLower } from './copy-from-lower.js';
import type { DirectoryWriter } from './directory-writer.js';
import { timeOf, type AttributeWriter } from './node-attributes.js';
import { decodeDevice, DEVICE_XATTR, RECORD_PREFIX } from './owner-record.js';
import type { Ownership } from './ownership.js';

export interface LinkWriter {
  /** @throws TsbuildError LAYER_UNSAFE | LAYER_INVALID */
  add(entry: Extract<LayerEntry, { kind: 'hardlink' }>): void;
  /** Whether the tree lacks a link, since its target lies in the layers below and these were not known. */
  isLacking(): boolean;
}

export interface LinkWriterOptions {
  readonly directories: DirectoryWriter;
  readonly attributes: AttributeWriter;
  readonly ownership: Ownership;
  /** Trees of the layers below, topmost first; absent while they are being made. */
  readonly lowers: readonly string[] | undefined;
}

export function createLinkWriter(
  calls: SystemCalls,
  { directories, attributes: { finishOpen, finishAt }, ownership, lowers }: LinkWriterOptions,
): LinkWriter {
  let isLacking = false;

  /** Every name of an object may have a header with metadata: the last one wins (layer/link-metadata.ts). */
  function finishLink(parent: number, name: ByteString, node: TreeNode): void {
    const linked = calls.openat(parent, name, O_PATH | O_NOFOLLOW);
    try {
      if (!fstatSync(linked).isFile()) return finishAt(parent, name, node);
      // The descriptor is of a regular file, so opening it again by its magic link leads nowhere else.
      const fd = openSync(`/proc/self/fd/${linked}`, O_RDONLY);
      try {
        const before = calls.listXattrs(fd);
        const finished = { ...node, ...decodeDevice(before[DEVICE_XATTR]) };
        // The new owner may need no record, and then nothing overwrites that of the old one.
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

  return {
    add({ path, target, node }) {
      const dir = directories.find(parentPath(target));
      // A descriptor of its own: `make` may close that of the directory.
      const from = dir === undefined ? undefined : calls.openat(dir, '.', O_PATH);
      try {
        directories.make(path, (parent, name) => {
          if (from !== undefined && linkExisting(calls, from, { target: baseName(target), parent, name })) {
            if (node) finishLink(parent, name, node);
            return;
          }
          if (lowers) copyFromLower(calls, { lowers, target, parent, name });
          else isLacking = true;
        });
      } finally {
        if (from !== undefined) closeSync(from);
      }
    },
    isLacking: () => isLacking,
  };
}

interface Link {
  /** A name in the directory `from`. */
  readonly target: ByteString;
  readonly parent: number;
  readonly name: ByteString;
}

/** False when there is no such target. */
function linkExisting(calls: SystemCalls, from: number, { target, parent, name }: Link): boolean {
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
