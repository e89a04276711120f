// A tree seen from one of its directories.
import { TsbuildError } from '../core/errors.js';
import { toUtf8, type ByteString } from '../core/bytes.js';
import type { TreeView } from './tree-view.js';
import { joinPath } from '../core/tree-path.js';

/**
 * The view whose root is the directory at `path` (clean, links not followed). Absolute links in it are text as before: they are
 * resolved against the new root.
 * @throws TsbuildError COPY_NOT_FOUND, COPY_CONFLICT when it is not a directory
 */
export function subtree(view: TreeView, path: ByteString): TreeView {
  if (path === '') return view;
  const node = view.get(path);
  if (!node) throw new TsbuildError('COPY_NOT_FOUND', `"/${toUtf8(path)}": not found`);
  if (node.type !== 'dir') throw new TsbuildError('COPY_CONFLICT', `/${toUtf8(path)}: not a directory`);
  return {
    get: (below) => view.get(joinPath(path, below)),
    children: (below) => view.children(joinPath(path, below)),
    sha256: (below) => view.sha256(joinPath(path, below)),
    read: (below, maxBytes) => view.read(joinPath(path, below), maxBytes),
  };
}
