// A tree under construction: the entries that come out of it, as a layer, give the tree that it showed, whatever was
// done to it.
import test from 'ava';
import fc from 'fast-check';
import type { ByteString } from '../../../../src/core/bytes.js';
import type { TreeNode } from '../../../../src/layer/entry.js';
import { extendTree, type LayeredTree } from '../../../../src/layer/layered-tree.js';
import { draftTree, type DraftTree } from '../../../../src/layer/copy/draft-tree.js';
import { parentPath } from '../../../../src/core/tree-path.js';
import { b, dir, file, symlink, tree } from './tree-text.js';

// `a-` stands between `a` and what is in it.
const NAMES = ['a', 'a-', 'b'].map(b);
const PATHS = pathsBelow('' as ByteString, 3).filter((path) => path !== '');

function pathsBelow(directory: ByteString, depth: number): ByteString[] {
  if (depth === 0) return [directory];
  const children = NAMES.map((name) => (directory === '' ? name : (`${directory}/${name}` as ByteString)));
  return [directory, ...children.flatMap((child) => pathsBelow(child, depth - 1))];
}

type Change =
  | { readonly kind: 'put' | 'update'; readonly path: ByteString; readonly node: TreeNode }
  | { readonly kind: 'remove'; readonly path: ByteString }
  | { readonly kind: 'link'; readonly path: ByteString; readonly target: ByteString };

const path = fc.constantFrom(...PATHS);
const node = fc.oneof(
  fc.nat(9).map((i) => file(String(i))),
  fc.nat(7).map((i) => dir(0o700 + i)),
  fc.constant(symlink('b')),
);
const change: fc.Arbitrary<Change> = fc.oneof(
  fc.record({ kind: fc.constant('put' as const), path, node }),
  fc.record({ kind: fc.constant('put' as const), path, node }),
  fc.record({ kind: fc.constant('update' as const), path, node }),
  fc.record({ kind: fc.constant('remove' as const), path }),
  fc.record({ kind: fc.constant('link' as const), path, target: path }),
);

/**
 * Does what its callers do: nothing without a directory to do it in, and directories go before something else comes in
 * their place.
 */
function apply(draft: DraftTree, step: Change): void {
  const parent = parentPath(step.path);
  if (parent !== '' && draft.get(parent)?.type !== 'dir') return;
  const before = draft.get(step.path);
  if (step.kind === 'remove') return draft.remove(step.path);
  if (step.kind === 'update') {
    if (before?.type === step.node.type) draft.update(step.path, { ...step.node });
    return;
  }
  if (step.kind === 'link') {
    if (draft.get(step.target)?.type !== 'file' || before) return;
    return draft.link(step.path, step.target);
  }
  if (before?.type === 'dir' && step.node.type !== 'dir') draft.remove(step.path);
  draft.put(step.path, step.node);
}

function shownBy(view: Pick<LayeredTree, 'get'>): Record<string, TreeNode | undefined> {
  return Object.fromEntries(PATHS.map((name) => [name, withoutInode(view.get(name))]));
}

function withoutInode(found: TreeNode | undefined): TreeNode | undefined {
  if (found?.inode === undefined) return found;
  const { inode: _, ...rest } = found;
  return rest;
}

const lower = fc
  .array(fc.record({ path, node }), { maxLength: 8 })
  .map((wanted) => {
    const draft = draftTree(tree({}));
    for (const { path: name, node: what } of wanted) apply(draft, { kind: 'put', path: name, node: what });
    return draft.entries();
  })
  .map((entries) => extendTree(tree({}), entries));

test('what was done shows in the tree and, as a layer, on the tree below', (t) => {
  fc.assert(
    fc.property(lower, fc.array(change, { maxLength: 20 }), (below, changes) => {
      const draft = draftTree(below);
      for (const step of changes) {
        apply(draft, step);
        // Asked in between, so that what is remembered of the last place is wrong if it can be.
        draft.get(step.path);
      }
      const entries = draft.entries();
      const sorted = entries.map((entry) => entry.path).toSorted((x, y) => (x < y ? -1 : x > y ? 1 : 0));
      t.deepEqual(
        entries.map((entry) => entry.path),
        sorted,
      );
      t.deepEqual(shownBy(extendTree(below, entries)), shownBy(draft));
    }),
    { numRuns: 3000 },
  );
});
