// The walk of one copied source onto its target. Matches the copier of fsutil/copy: directories merge, a file replaces
// anything but a directory, links in the target are not followed, hard links hold inside one source.
import { TsbuildError } from '../../core/errors.js';
import { toUtf8, type ByteString } from '../../core/bytes.js';
import type { TreeNode } from '../entry.js';
import { joinPath } from '../../core/tree-path.js';
import { applyChmod, type ChmodSpec } from './chmod.js';
import type { Owner } from './copy-attributes.js';
import type { SelectedEntry, SelectedSource } from './selection.js';
import type { DraftTree } from './draft-tree.js';

export interface EntryAttributes {
  readonly owner?: Owner | undefined;
  readonly chmod?: ChmodSpec | undefined;
}

/** @param target clean and resolved; its parent exists */
export function copyEntries(
  tree: DraftTree,
  { entries }: SelectedSource,
  { target, ...attributes }: EntryAttributes & { readonly target: ByteString },
): void {
  const firstNames = new Map<string, ByteString>();
  for (const entry of entries) {
    const path = joinPath(target, entry.path);
    if (entry.node.type !== 'dir') copyFile(tree, path, { node: entry.node, attributes, firstNames });
    else if (entry.path === '') touchTop(tree, path, entry.node);
    else copyDirectory(tree, path, { entry, attributes });
  }
}

/** The directory that was named is not copied, its content is; of itself only the time is taken. */
function touchTop(tree: DraftTree, path: ByteString, { mtime, mtimeNsec }: TreeNode): void {
  const existing = directoryAt(tree, path);
  if (existing) tree.put(path, { ...existing, mtime, mtimeNsec });
}

function copyDirectory(
  tree: DraftTree,
  path: ByteString,
  { entry: { node, isIncluded }, attributes }: { entry: SelectedEntry; attributes: EntryAttributes },
): void {
  const existing = directoryAt(tree, path);
  if (!existing) tree.put(path, withAttributes(node, attributes));
  else if (isIncluded) tree.put(path, mergeXattrs(existing, withAttributes(node, attributes)));
  else tree.put(path, { ...existing, mode: node.mode });
}

/** @throws TsbuildError COPY_CONFLICT when something else is there */
function directoryAt(tree: DraftTree, path: ByteString): TreeNode | undefined {
  const existing = tree.get(path);
  if (!existing || existing.type === 'dir') return existing;
  throw new TsbuildError('COPY_CONFLICT', `cannot copy to non-directory: /${toUtf8(path)}`);
}

function copyFile(
  tree: DraftTree,
  path: ByteString,
  {
    node,
    attributes,
    firstNames,
  }: { node: TreeNode; attributes: EntryAttributes; firstNames: Map<string, ByteString> },
): void {
  if (tree.get(path)?.type === 'dir') {
    throw new TsbuildError('COPY_CONFLICT', `cannot replace to directory /${toUtf8(path)} with file`);
  }
  const inode = node.type === 'file' ? node.inode : undefined;
  const first = inode === undefined ? undefined : firstNames.get(inode);
  if (first !== undefined) tree.link(path, first);
  else {
    tree.put(path, withAttributes(node, attributes));
    if (inode !== undefined) firstNames.set(inode, path);
  }
}

function withAttributes(node: TreeNode, { owner, chmod }: EntryAttributes): TreeNode {
  const owned = owner ? { ...node, uid: owner.uid, gid: owner.gid } : node;
  if (!chmod || node.type === 'symlink') return owned;
  return { ...owned, mode: applyChmod(chmod, node.mode, { isDirectory: node.type === 'dir' }) };
}

/** The copier sets attributes and never takes any away. */
function mergeXattrs(existing: TreeNode, node: TreeNode): TreeNode {
  if (!existing.xattrs) return node;
  return { ...node, xattrs: { ...existing.xattrs, ...node.xattrs } };
}
