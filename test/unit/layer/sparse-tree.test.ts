// The sparse tree against the layered tree: the same answers, whatever the layers.
import test from 'ava';
import fc from 'fast-check';
import type { ByteString } from '../../../src/core/bytes.js';
import type { DiffId } from '../../../src/core/digest.js';
import type { LayerEntry, TreeNode } from '../../../src/layer/entry.js';
import { searchIndex, type IndexSearch } from '../../../src/layer/index-search.js';
import { layeredTree, type ContentSource } from '../../../src/layer/layered-tree.js';
import { sparseTree } from '../../../src/layer/sparse-tree.js';
import { createTarStream } from '../../../src/layer/tar/tar-stream.js';
import type { TreeView } from '../../../src/layer/tree-view.js';
import { layer } from './tar/support/arbitrary-layer.js';
import { collect } from './tar/support/parse.js';
import { b, dir, entriesOf, file, tree } from './copy/tree-text.js';
import { indexTextOf } from '../../support/index-text.js';

const NAMES = ['a', 'b', 'a-', 'ü'].map(b);
const DEPTH = 3;

/** Every path that the small layers can have. */
const PATHS = pathsBelow('' as ByteString, DEPTH);

function pathsBelow(directory: ByteString, depth: number): ByteString[] {
  if (depth === 0) return [directory];
  const children = NAMES.map((name) => (directory === '' ? name : (`${directory}/${name}` as ByteString)));
  return [directory, ...children.flatMap((child) => pathsBelow(child, depth - 1))];
}

const source: ContentSource = {
  readContent: (_, sizeBytes) => Buffer.alloc(sizeBytes, 'x'),
  hashContent: () => '0'.repeat(64),
};

interface Layer {
  readonly diffId: DiffId;
  readonly index: readonly LayerEntry[];
}

async function written(entries: readonly LayerEntry[]): Promise<Layer> {
  const out = createTarStream(entries);
  await collect(out.chunks);
  return out.result();
}

function searchOf({ diffId, index }: Layer): IndexSearch {
  return searchIndex(Buffer.from(indexTextOf(index)), diffId);
}

/** Bottom first. */
function viewsOf(layers: readonly Layer[]): { sparse: TreeView; whole: TreeView } {
  const whole = layeredTree(
    layers.map(({ index }) => index),
    source,
  );
  return {
    whole,
    sparse: sparseTree({ layers: layers.map(searchOf).reverse(), source, whole: () => whole }),
  };
}

function withoutInode(node: TreeNode | undefined): TreeNode | undefined {
  if (node?.inode === undefined) return node;
  const { inode: _, ...rest } = node;
  return rest;
}

const path = fc.constantFrom(...PATHS.filter((name) => name !== ''));
const smallEntry: fc.Arbitrary<LayerEntry> = fc.oneof(
  path.map((name) => ({ kind: 'node', path: name, node: file('1') }) as const),
  path.map((name) => ({ kind: 'node', path: name, node: dir(0o700) }) as const),
  path.map((name) => ({ kind: 'whiteout', path: name }) as const),
  fc.constantFrom(...PATHS).map((name) => ({ kind: 'opaque', path: name }) as const),
);

/** One node for each path, nothing below a file. */
function sound(entries: readonly LayerEntry[]): LayerEntry[] {
  const files = entries.filter((entry) => entry.kind === 'node' && entry.node.type !== 'dir');
  return entries.filter((entry) => !files.some((other) => entry.path.startsWith(`${other.path}/`)));
}

test('stacks of small layers, asked for every path in any order', async (t) => {
  const stacks = fc.array(fc.array(smallEntry, { maxLength: 8 }).map(sound), { minLength: 1, maxLength: 4 });
  const order = fc.shuffledSubarray(PATHS, { minLength: PATHS.length });
  await fc.assert(
    fc.asyncProperty(stacks, order, async (stack, paths) => {
      const { sparse, whole } = viewsOf(await Promise.all(stack.map(written)));
      for (const name of paths) t.deepEqual(sparse.get(name), whole.get(name), JSON.stringify(name));
    }),
    { numRuns: 300 },
  );
});

test('layers with everything in them, hard links too', async (t) => {
  const some = fc.array(layer, { minLength: 1, maxLength: 3 });
  await fc.assert(
    fc.asyncProperty(some, async (stack) => {
      const layers = await Promise.all(stack.map(written));
      const { sparse, whole } = viewsOf(layers);
      const names = new Set(layers.flatMap(({ index }) => index.map((entry) => entry.path)));
      for (const name of names) t.deepEqual(withoutInode(sparse.get(name)), withoutInode(whole.get(name)));
    }),
  );
});

test('few questions decode no index, many do', async (t) => {
  const big = await written(
    entriesOf(Object.fromEntries(Array.from({ length: 2000 }, (_, i) => [`d/f${i}`, String(i)]))),
  );
  let decoded = 0;
  const whole = layeredTree([big.index], source);
  const layers = [searchOf(big)];
  const sparse = sparseTree({ layers, source, whole: () => (decoded++, whole) });
  for (let i = 0; i < 400; i++) t.is(sparse.get(b(`d/f${i}`))?.type, 'file');
  t.is(sparse.read(b('d/f7'), 10).toString(), 'x');
  t.is(decoded, 0);
  for (let i = 0; i < 2000; i++) t.is(sparse.get(b(`d/f${i}`))?.type, 'file');
  t.true(decoded > 0);
  t.deepEqual(sparse.children(b('')), [b('d')]);
});

test('a damaged index is refused', async (t) => {
  const { diffId, index } = await written(entriesOf({ f: '1' }));
  const text = indexTextOf(index);
  for (const bad of [text.replace('index/1', 'index/2'), text.replace('"f"', '"g"'), text.slice(0, -1), ''])
    t.throws(() => searchIndex(Buffer.from(bad), diffId), { code: 'STORE_CORRUPT' });
  t.deepEqual(tree({}).children(b('')), []);
});
