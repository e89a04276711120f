// Which files differ between the trees of two images. Contents are read only where nothing else tells them apart.
import { toUtf8 } from '../core/bytes.js';
import { pause } from '../core/in-turns.js';
import type { TreeNode } from '../layer/entry.js';
import type { LayeredTree } from '../layer/layered-tree.js';
import { treeChanges, type TreeChange } from '../layer/tree-changes.js';
import { aspectsOf, isContentUnsure, isOtherTime, stateOf } from './compare-nodes.js';
import type { Aspect, FileDifference, ImageDifference } from './image-difference.js';

export interface TreeComparison {
  /** Files of directories that were added or removed are listed one by one. */
  readonly areAllListed: boolean;
  /** Makes the contents of these files of the two trees readable. */
  bringContents(before: readonly TreeNode[], after: readonly TreeNode[]): Promise<void>;
  readonly signal: AbortSignal;
}

export type TreeDifference = Pick<ImageDifference, 'files' | 'added' | 'removed' | 'changed' | 'timesOnly'>;

/** @throws TsbuildError ABORTED, and what `bringContents` and the trees throw */
export async function compareTrees(
  before: LayeredTree,
  after: LayeredTree,
  { areAllListed, bringContents, signal }: TreeComparison,
): Promise<TreeDifference> {
  const unsure = [...treeChanges(before.root, after.root)].flatMap((change) =>
    change.before && change.after && isContentUnsure(change.before, change.after)
      ? [[change.before, change.after] as const]
      : [],
  );
  if (unsure.length > 0)
    await bringContents(
      unsure.map(([old]) => old),
      unsure.map(([, next]) => next),
    );
  const list = createDifferenceList(areAllListed);
  let count = 0;
  for (const change of treeChanges(before.root, after.root)) {
    if (++count % CHANGES_OF_A_TURN === 0) await pause(signal);
    list.add(change, () => before.sha256(change.path) === after.sha256(change.path));
  }
  return list.finish();
}

const CHANGES_OF_A_TURN = 1000;

type Kind = FileDifference['kind'];
type Sums = Readonly<Record<Kind, { files: number; size: number }>>;

function createDifferenceList(areAllListed: boolean) {
  const files: FileDifference[] = [];
  const sums: Sums = { added: zero(), removed: zero(), changed: zero() };
  let timesOnly = 0;
  /** The directory that stands for what is below it. */
  let open:
    | { readonly kind: Kind; readonly prefix: string; readonly below: { files: number; size: number } }
    | undefined;

  function put(change: TreeChange, kind: Kind, aspects: readonly Aspect[]): void {
    const { path, before, after } = change;
    const node = (after ?? before)!;
    const isDirectory = node.type === 'dir';
    if (!isDirectory) grow(sums[kind], node);
    if (open?.kind === kind && path.startsWith(open.prefix)) {
      if (!isDirectory) grow(open.below, node);
      return;
    }
    const isFolded = !areAllListed && kind !== 'changed' && isDirectory;
    open = isFolded ? { kind, prefix: `${path}/`, below: zero() } : undefined;
    files.push({
      kind,
      path: toUtf8(path),
      aspects,
      ...(before && { before: stateOf(before) }),
      ...(after && { after: stateOf(after) }),
      ...(open && { below: open.below }),
    });
  }

  return {
    add(change: TreeChange, isSameContent: () => boolean): void {
      const { before, after } = change;
      if (!before || !after) return put(change, before ? 'removed' : 'added', []);
      const aspects = aspectsOf(before, after, isSameContent);
      if (aspects.length > 0) put(change, 'changed', aspects);
      else if (isOtherTime(before, after)) timesOnly++;
    },
    finish: (): TreeDifference => ({ files, ...sums, timesOnly }),
  };
}

function zero(): { files: number; size: number } {
  return { files: 0, size: 0 };
}

function grow(sum: { files: number; size: number }, { size }: TreeNode): void {
  sum.files++;
  sum.size += size;
}
