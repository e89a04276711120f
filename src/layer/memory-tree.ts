// Trees made from entries at hand: heredocs, files fetched from elsewhere, tests.
import { toUtf8, type ByteString } from '../core/bytes.js';
import type { ContentRef, LayerEntry } from './entry.js';
import { layeredTree, type ContentSource, type LayeredTree } from './layered-tree.js';

const NOTHING: ContentSource = {
  readContent: (ref) => noContent(ref),
  hashContent: (ref) => noContent(ref),
};

function noContent(ref: ContentRef): never {
  throw new Error(`a tree in memory has no content of kind ${ref.kind}`);
}

/** The root directory alone, 0755 and owned by root. */
export const emptyTree: LayeredTree = layeredTree([], NOTHING);

/** A tree of these entries in any order; every content is of kind `bytes`, or is never read through the tree. */
export function memoryTree(entries: readonly LayerEntry[]): LayeredTree {
  return emptyTree.extend(entries);
}

/** The file of a heredoc: mode 0644, owned by root. `name` is the word of the heredoc. */
export function heredocTree(
  name: ByteString,
  data: Uint8Array,
  { mtime, mtimeNsec }: { readonly mtime: number; readonly mtimeNsec: number },
): LayeredTree {
  if (toUtf8(name) === '') throw new Error('a heredoc has a name');
  const content = { kind: 'bytes', data } as const;
  const node = {
    type: 'file',
    mode: 0o644,
    uid: 0,
    gid: 0,
    size: data.length,
    mtime,
    mtimeNsec,
    content,
  } as const;
  return memoryTree([{ kind: 'node', path: name, node }]);
}
