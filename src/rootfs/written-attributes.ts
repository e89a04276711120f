// What files get that an archive writer made (archive-writer.ts): in a container the ids of the container, and for the
// user of this process what a user may set.
import { fchmodSync } from 'node:fs';
import type { SystemCalls } from '../host/syscalls/system-calls.js';
import { isSystemCallError } from '../host/syscalls/binding.js';
import type { TreeNode } from '../layer/entry.js';
import type { WrittenAttributes } from './archive-writer.js';
import { createAttributeWriter, timeOf } from './node-attributes.js';
import type { Owner, Ownership } from './ownership.js';

/** @param owner of all of it; by default what the archive says */
export function attributesInContainer(
  calls: SystemCalls,
  ownership: Ownership,
  owner: Owner | undefined,
): WrittenAttributes {
  const writer = createAttributeWriter(calls, ownership);
  return {
    finishOpen(fd, node) {
      writer.finishOpen(fd, { ...node, ...owner }, undefined);
      calls.futimens(fd, timeOf(node));
    },
    finishAt: (parent, name, node) => writer.finishAt(parent, name, { ...node, ...owner }),
  };
}

/**
 * Without bits of set-id, and without attributes: what comes out of a container is to give nobody rights here.
 * @param areOwnersKept as far as this user may
 */
export function attributesOfUser(
  calls: SystemCalls,
  { areOwnersKept }: { readonly areOwnersKept: boolean },
): WrittenAttributes {
  const unlessRefused = (change: () => void): void => {
    try {
      change();
    } catch (error) {
      if (!isSystemCallError(error, 'EPERM', 'EINVAL')) throw error;
    }
  };
  return {
    finishOpen(fd, node: TreeNode) {
      if (areOwnersKept) unlessRefused(() => calls.fchown(fd, node.uid, node.gid));
      fchmodSync(fd, node.mode & 0o1777);
      calls.futimens(fd, timeOf(node));
    },
    finishAt(parent, name, node) {
      if (areOwnersKept) unlessRefused(() => calls.lchownat(parent, name, node.uid, node.gid));
      calls.utimensat(parent, name, { mtime: timeOf(node) });
    },
  };
}
