// mkdir -p on a draft tree. Matches fsutil/copy's MkdirAll: what exists is left as it is.
import { TsbuildError } from '../../core/errors.js';
import { toUtf8, type ByteString } from '../../core/bytes.js';
import { parentPath } from '../../core/tree-path.js';
import { newDirectory, type Owner, type Timestamp } from './copy-attributes.js';
import type { DraftTree } from './draft-tree.js';

export interface DirectoryAttributes {
  readonly mode: number;
  /** Absent: 0:0. */
  readonly owner?: Owner | undefined;
  readonly now: Timestamp;
}

/**
 * @param path clean and resolved: no links on the way
 * @throws TsbuildError COPY_CONFLICT `mkdir /x: not a directory`
 */
export function makeDirectories(tree: DraftTree, path: ByteString, attributes: DirectoryAttributes): void {
  const missing: ByteString[] = [];
  let existing = path;
  for (; !tree.get(existing); existing = parentPath(existing)) missing.push(existing);
  if (tree.get(existing)?.type !== 'dir') {
    throw new TsbuildError('COPY_CONFLICT', `mkdir /${toUtf8(existing)}: not a directory`);
  }
  const { mode, owner, now } = attributes;
  for (const directory of missing.reverse()) tree.put(directory, newDirectory(mode, owner, now));
}
