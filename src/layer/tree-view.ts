// The one way to look at a file tree: the build context, a stage's layers, an image, all are tree views.
import type { ByteString } from '../core/bytes.js';
import type { TreeNode } from './entry.js';

/**
 * Read-only view of a tree. Paths are as in LayerEntry: relative, clean, '' is the root. No method follows symbolic
 * links: resolution happens in `resolve-path.ts`, on names only, so nothing outside the tree can be reached.
 */
export interface TreeView {
  /**
   * The object at exactly this path, or undefined. The root always exists. A path below a symlink or file does not
   * exist.
   */
  get(path: ByteString): TreeNode | undefined;
  /** Names in a directory, sorted bytewise; empty for anything that is not a directory. */
  children(path: ByteString): readonly ByteString[];
  /** sha256 in hex of the content of the regular file at `path`; may read it. */
  sha256(path: ByteString): string;
  /**
   * Content of the regular file at `path`, at most `maxBytes`; a larger file is an error. For small files such as
   * /etc/passwd.
   */
  read(path: ByteString, maxBytes: number): Buffer;
}
