// The tree that a stack of layers shows: whiteouts, opaque directories, type flips and hard links applied (OCI image
// spec, layer.md).
// Invariant: a tree never changes; one more layer shares every directory that it does not touch with the tree below it.
import { createHash } from 'node:crypto';
import { TsbuildError } from '../core/errors.js';
import { toUtf8, type ByteString } from '../core/bytes.js';
import type { ContentRef, LayerEntry, TreeNode } from './entry.js';
import type { TreeView } from './tree-view.js';
import { baseName } from '../core/tree-path.js';
import { applyLayer, emptyBranch, lookUp, sortedNames, type Branch } from './apply-layer.js';

/** Where the bytes behind a ContentRef come from. Contents of kind `bytes` are never asked for. */
export interface ContentSource {
  /** Exactly `sizeBytes` bytes, the size of the node. */
  readContent(ref: ContentRef, sizeBytes: number): Buffer;
  /** sha256 in hex over exactly `sizeBytes` bytes. */
  hashContent(ref: ContentRef, sizeBytes: number): string;
}

/** A tree that can be extended without doing the layers below again. */
export interface LayeredTree extends TreeView {
  /** The data behind it, for who compares trees: equal branches of trees of one stack are the same object. */
  readonly root: Branch;
  extend(index: readonly LayerEntry[]): LayeredTree;
}

/**
 * The tree of a stack of layers, the lowest first.
 * @throws TsbuildError LAYER_INVALID for a hard link to nothing or to a directory
 */
export function layeredTree(indexes: readonly (readonly LayerEntry[])[], source: ContentSource): LayeredTree {
  return indexes.reduce((tree, index) => tree.extend(index), viewOf(emptyBranch(), source));
}

/** The same tree with one more layer on top. */
export function extendTree(view: LayeredTree, index: readonly LayerEntry[]): LayeredTree {
  return view.extend(index);
}

function viewOf(root: Branch, source: ContentSource): LayeredTree {
  const fileAt = (path: ByteString): TreeNode & { readonly content: ContentRef } => {
    const node = lookUp(root, path)?.node;
    if (node?.type === 'file' && node.content) return { ...node, content: node.content };
    throw new Error(`not a regular file with content: /${toUtf8(path)}`);
  };
  return {
    root,
    get: (path) => lookUp(root, path)?.node,
    children(path) {
      const branch = lookUp(root, path);
      return branch ? sortedNames(branch) : [];
    },
    sha256: (path) => hashOf(fileAt(path), source),
    read: (path, maxBytes) => readOf(fileAt(path), { path, maxBytes, source }),
    extend: (index) => viewOf(applyLayer(root, index), source),
  };
}

function hashOf(node: TreeNode & { readonly content: ContentRef }, source: ContentSource): string {
  if (node.sha256 !== undefined) return node.sha256;
  if (node.content.kind === 'bytes') return createHash('sha256').update(node.content.data).digest('hex');
  return source.hashContent(node.content, node.size);
}

export function readOf(
  { content, size }: TreeNode & { readonly content: ContentRef },
  { path, maxBytes, source }: { path: ByteString; maxBytes: number; source: ContentSource },
): Buffer {
  if (size > maxBytes) {
    throw new TsbuildError('LAYER_LIMIT', `/${toUtf8(path)}: ${size} bytes, more than ${maxBytes}`, {
      hint: `make ${toUtf8(baseName(path))} smaller`,
    });
  }
  return content.kind === 'bytes' ? Buffer.from(content.data) : source.readContent(content, size);
}
