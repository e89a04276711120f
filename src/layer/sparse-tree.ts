// The tree of a stack of layers for readers of a few paths: the place that a COPY writes to, /etc/passwd. Shows what
// the layered tree shows (layered-tree.ts), without the inodes of hard links, and decodes no whole index. Many
// questions, and what it cannot tell, go to the layered tree.
import type { ByteString } from '../core/bytes.js';
import { IMPLIED_DIRECTORY } from './apply-layer.js';
import type { TreeNode } from './entry.js';
import type { IndexSearch } from './index-search.js';
import { readOf, type ContentSource } from './layered-tree.js';
import type { TreeView } from './tree-view.js';
import { parentPath, ROOT } from '../core/tree-path.js';

/**
 * Searches of the indexes before decoding them is cheaper. What stands in a directory that is in no layer is not
 * searched for.
 */
const MAX_SEARCHES = 500;

export interface SparseTreeOptions {
  /** Topmost first. */
  readonly layers: readonly IndexSearch[];
  readonly source: ContentSource;
  /** The layered tree. */
  readonly whole: () => TreeView;
}

/** An object, and the layers that show in it when it is a directory, topmost first. */
interface Place {
  readonly node: TreeNode;
  readonly layers: readonly IndexSearch[];
}

/** `unknown`: behind a hard link. */
type Found = Place | 'absent' | 'unknown';

export function sparseTree({ layers, source, whole }: SparseTreeOptions): TreeView {
  const searched = new Map<ByteString, Found>();

  function find(path: ByteString): Found {
    const before = searched.get(path);
    if (before !== undefined) return before;
    const parent = path === ROOT ? undefined : find(parentPath(path));
    if (typeof parent === 'string') return parent;
    if (parent && (parent.node.type !== 'dir' || parent.layers.length === 0)) return 'absent';
    if (searched.size >= MAX_SEARCHES) return 'unknown';
    const found = parent ? placeIn(parent.layers, path) : rootPlace(layers);
    searched.set(path, found);
    return found;
  }

  function get(path: ByteString): TreeNode | undefined {
    const found = find(path);
    if (found === 'unknown') return whole().get(path);
    return found === 'absent' ? undefined : found.node;
  }

  return {
    get,
    read(path, maxBytes) {
      const node = get(path);
      if (node?.type !== 'file' || !node.content) return whole().read(path, maxBytes);
      return readOf({ ...node, content: node.content }, { path, maxBytes, source });
    },
    children: (path) => whole().children(path),
    sha256: (path) => whole().sha256(path),
  };
}

function rootPlace(layers: readonly IndexSearch[]): Found {
  const found = placeIn(layers, ROOT);
  return found === 'absent' ? { node: IMPLIED_DIRECTORY, layers: [] } : found;
}

/**
 * What layers show at a path, as `applyLayer` puts them together: deletions first, directories merge, anything else
 * hides.
 */
function placeIn(layers: readonly IndexSearch[], path: ByteString): Found {
  const shown: IndexSearch[] = [];
  let node: TreeNode | undefined;
  let isDirectory = false;
  let isOpaque = false;
  for (const layer of layers) {
    const entries = layer.at(path);
    const own = entries.find(({ kind }) => kind === 'node' || kind === 'hardlink');
    const isOther = own !== undefined && !(own.kind === 'node' && own.node.type === 'dir');
    if (isOther && isDirectory) break;
    if (isOther) return own.kind === 'node' ? { node: own.node, layers: [] } : 'unknown';
    const below = layer.below(path);
    if (below !== 'nothing' && !isOpaque) shown.push(layer);
    isDirectory ||= own !== undefined || below === 'objects';
    if (own?.kind === 'node') node ??= own.node;
    if (path !== ROOT && entries.some(({ kind }) => kind === 'whiteout')) break;
    isOpaque ||= entries.some(({ kind }) => kind === 'opaque');
  }
  return isDirectory ? { node: node ?? IMPLIED_DIRECTORY, layers: shown } : 'absent';
}
