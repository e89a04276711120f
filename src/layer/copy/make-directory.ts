// WORKDIR: the entries of a layer that make a directory (BuildKit's solver/llbsolver/file/backend.go, mkdir).
import type { ByteString } from '../../core/bytes.js';
import type { LayerEntry } from '../entry.js';
import type { TreeView } from '../tree-view.js';
import { resolvePath } from '../resolve-path.js';
import type { Owner, Timestamp } from './copy-attributes.js';
import { makeDirectories } from './make-directories.js';
import { draftTree } from './draft-tree.js';

/**
 * Makes the missing directories of `path` (absolute, links in it followed inside the root) as 0755 and of this owner.
 * What exists keeps its metadata. No entries when nothing is missing.
 * @throws TsbuildError COPY_CONFLICT when a file is in the way
 */
export function makeDirectory(
  dest: TreeView,
  path: ByteString,
  { owner, now }: { readonly owner: Owner; readonly now: Timestamp },
): LayerEntry[] {
  const tree = draftTree(dest);
  makeDirectories(tree, resolvePath(tree, path, { followLast: true }), { mode: 0o755, owner, now });
  return tree.entries();
}
