// The time of the youngest file of a tree: what an archive without a date of its own is dated by.
import type { ByteString } from '../core/bytes.js';
import { ROOT, joinPath } from '../core/tree-path.js';
import type { TreeView } from './tree-view.js';

/** Whole seconds since 1970; undefined when there is no regular file. */
export function newestFileTime(view: TreeView, directory: ByteString = ROOT): number | undefined {
  let newest: number | undefined;
  for (const name of view.children(directory)) {
    const path = joinPath(directory, name);
    const node = view.get(path);
    const time =
      node?.type === 'dir' ? newestFileTime(view, path) : node?.type === 'file' ? node.mtime : undefined;
    if (time !== undefined) newest = Math.max(newest ?? time, time);
  }
  return newest;
}
