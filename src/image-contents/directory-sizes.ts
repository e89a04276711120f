// The sizes of a tree, and its largest files. A file with several names counts at the first of them.
import { compareBytes, toUtf8, type ByteString } from '../core/bytes.js';
import { joinPath } from '../core/tree-path.js';
import { sortedNames, type Branch } from '../layer/apply-layer.js';
import type { ContentRef, TreeNode } from '../layer/entry.js';
import type { DirectorySize } from './image-contents.js';

export interface TreeSize {
  /** Bytes of regular files. */
  readonly size: number;
  /** Names that are no directories. */
  readonly files: number;
}

/** Told of each regular file once. */
export type OnFile = (path: ByteString, node: TreeNode) => void;

/** @param path of the branch */
export function measureTree(top: Branch, path: ByteString, onFile: OnFile = () => {}): TreeSize {
  const sizeOnce = createSizeOnce();
  const visit = (branch: Branch, at: ByteString): TreeSize => {
    if (branch.node.type !== 'dir')
      return { size: sizeOnce(branch.node, () => onFile(at, branch.node)), files: 1 };
    let [size, files] = [0, 0];
    for (const name of sortedNames(branch)) {
      const below = visit(branch.names.get(name)!, joinPath(at, name));
      size += below.size;
      files += below.files;
    }
    return { size, files };
  };
  return visit(top, path);
}

/** Bytes of a regular file when it is first met under one of its names, else 0. */
export function createSizeOnce(): (node: TreeNode, onFirst?: () => void) => number {
  const seen = new Set<ContentRef>();
  return ({ content, inode, size }, onFirst) => {
    if (!content || seen.has(content)) return 0;
    if (inode !== undefined) seen.add(content);
    onFirst?.();
    return size;
  };
}

export interface SizesChoice {
  /** Of the top. */
  readonly name: string;
  /** Bytes of the top. */
  readonly whole: number;
  /** Directories and files below this part of the whole are left out: 0.001. */
  readonly share: number;
  /** How far below the top the result goes. */
  readonly depth: number;
}

export function sizesOf(top: Branch, { name, whole, share, depth }: SizesChoice): DirectorySize {
  const least = whole * share;
  const sizeOnce = createSizeOnce();
  const visit = (branch: Branch, own: string, left: number): DirectorySize => {
    const { node } = branch;
    if (node.type !== 'dir') return { name: own, size: sizeOnce(node), files: 1, children: [], isFile: true };
    let [size, files] = [0, 0];
    const children: DirectorySize[] = [];
    for (const each of sortedNames(branch)) {
      const child = visit(branch.names.get(each)!, toUtf8(each), left - 1);
      size += child.size;
      files += child.files;
      if (left > 0 && child.size >= least) children.push(child);
    }
    children.sort((a, b) => b.size - a.size || compareBytes(a.name, b.name));
    return { name: own, size, files, children };
  };
  return visit(top, name, depth);
}
