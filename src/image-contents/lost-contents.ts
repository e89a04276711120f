// Which contents a layer takes the last name of: their bytes stay in a layer below, and nobody sees them.
import type { ByteString } from '../core/bytes.js';
import type { ContentRef, TreeNode } from '../layer/entry.js';
import type { TreeChange } from '../layer/tree-changes.js';

export interface LostContent {
  /** The first name that it lost. */
  readonly path: ByteString;
  readonly node: TreeNode;
  /** What became of that name. */
  readonly how: 'replaced' | 'deleted';
}

export interface NameCount {
  /** To be told every change of every layer of a stack, the lowest layer first. */
  note(change: TreeChange): void;
  /** Ends a layer: the contents that have no name any more, in the order of paths. */
  endLayer(): readonly LostContent[];
}

export function createNameCount(): NameCount {
  /** Names of the contents that had several at a time. */
  const linked = new Map<ContentRef, number>();
  const losers = new Map<ContentRef, LostContent>();

  function count(node: TreeNode | undefined, by: number): void {
    if (node?.content && node.inode !== undefined)
      linked.set(node.content, (linked.get(node.content) ?? 0) + by);
  }

  return {
    note({ path, before, after }) {
      count(before, -1);
      count(after, 1);
      const lost = before?.content;
      if (!lost || lost === after?.content || losers.has(lost)) return;
      losers.set(lost, { path, node: before, how: after ? 'replaced' : 'deleted' });
    },
    endLayer() {
      const lost = [...losers].flatMap(([content, each]) => ((linked.get(content) ?? 0) > 0 ? [] : [each]));
      losers.clear();
      return lost;
    },
  };
}
