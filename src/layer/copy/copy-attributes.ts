// Owner, mode and time of the objects that a COPY, ADD or WORKDIR makes.
import type { TreeNode } from '../entry.js';
import type { ChmodSpec } from './chmod.js';

/** Whole seconds since the epoch and nanoseconds to add. */
export interface Timestamp {
  readonly mtime: number;
  readonly mtimeNsec: number;
}

export interface Owner {
  readonly uid: number;
  readonly gid: number;
}

/** Mode of directories that are made on the way; octal --chmod replaces it, less its set-id and sticky bits. */
export function createdDirectoryMode(chmod: ChmodSpec | undefined): number {
  return chmod?.kind === 'octal' ? chmod.mode & 0o777 : 0o755;
}

export function newDirectory(mode: number, owner: Owner | undefined, now: Timestamp): TreeNode {
  const { uid, gid } = owner ?? { uid: 0, gid: 0 };
  return { type: 'dir', mode, uid, gid, size: 0, mtime: now.mtime, mtimeNsec: now.mtimeNsec };
}
