// What a COPY or ADD takes from a tree: the sources in order, each with everything that is copied of it.
import type { ByteString } from '../../core/bytes.js';
import type { TreeNode } from '../entry.js';
import type { TreeView } from '../tree-view.js';

export interface SelectedEntry {
  /** Relative to the source; '' is the source itself. */
  readonly path: ByteString;
  readonly node: TreeNode;
  /** False for a directory that is only there because something in it was included, or re-included by a `!` pattern. */
  readonly isIncluded: boolean;
}

export interface SelectedSource {
  /**
   * Last component of the name it was found by, links in it not followed: the name it gets in a destination directory.
   * '' for the root.
   */
  readonly name: ByteString;
  /** Where it is in the view, all links followed. */
  readonly path: ByteString;
  /**
   * The source itself first, then everything below it in the order of a walk: sorted bytewise, parents first. Never
   * empty.
   */
  readonly entries: readonly SelectedEntry[];
}

export interface Selection {
  readonly view: TreeView;
  readonly sources: readonly SelectedSource[];
}
