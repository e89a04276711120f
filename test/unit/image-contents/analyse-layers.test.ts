// What the layers of an image hold, against a plain model and by golden values.
import test from 'ava';
import fc from 'fast-check';
import type { DirectorySize } from '../../../src/image-contents/image-contents.js';
import type { LayerEntry } from '../../../src/layer/entry.js';
import { analyseLayers } from '../../../src/image-contents/analyse-layers.js';
import { naiveContents } from './naive-contents.js';
import { contentsOf, diffIdOf, indexOf, layersOf, type Thing, type Things } from './stacks.js';

const STACK: readonly Things[] = [
  [
    ['bin', { symlink: 'usr/bin' }],
    ['usr', 'dir'],
    ['usr/bin/node', 9000],
    ['usr/bin/nodejs', { hardlink: 'usr/bin/node' }],
    ['usr/share/doc/a', 700],
    ['usr/share/doc/b', 300],
  ],
  [
    ['usr/share/doc', 'whiteout'],
    ['app/old.js', 40],
    ['app/index.js', 60],
  ],
  [
    ['app/index.js', 80],
    ['app/old.js', 'whiteout'],
    ['usr/bin/node', 'whiteout'],
  ],
];

test('sizes, layers and wasted bytes of a small image', async (t) => {
  t.deepEqual(await contentsOf(STACK, { changesDepth: 2 }), {
    layers: [
      {
        diffId: diffIdOf(0),
        size: 12_076,
        createdBy: 'RUN 0',
        bytesAdded: 10_000,
        added: 5,
        changed: 0,
        deleted: 0,
        changes: [
          { kind: 'added', path: 'usr/bin', size: 18_000, files: 2 },
          { kind: 'added', path: 'usr/share', size: 1000, files: 2 },
          { kind: 'added', path: 'bin', size: 0, files: 1 },
        ],
      },
      {
        diffId: diffIdOf(1),
        size: 1596,
        createdBy: 'RUN 1',
        bytesAdded: 100,
        added: 2,
        changed: 0,
        deleted: 2,
        changes: [
          { kind: 'deleted', path: 'usr/share', size: 1000, files: 2 },
          { kind: 'added', path: 'app/index.js', size: 60, files: 1 },
          { kind: 'added', path: 'app/old.js', size: 40, files: 1 },
        ],
      },
      {
        diffId: diffIdOf(2),
        size: 592,
        createdBy: 'RUN 2',
        bytesAdded: 80,
        added: 0,
        changed: 1,
        deleted: 2,
        changes: [
          { kind: 'deleted', path: 'usr/bin/node', size: 9000, files: 1 },
          { kind: 'changed', path: 'app/index.js', size: 80, files: 1 },
          { kind: 'deleted', path: 'app/old.js', size: 40, files: 1 },
        ],
      },
    ],
    size: 9080,
    files: 3,
    largestFiles: [
      { path: 'usr/bin/nodejs', size: 9000, layer: 0 },
      { path: 'app/index.js', size: 80, layer: 2 },
    ],
    root: {
      name: '',
      size: 9080,
      files: 3,
      children: [
        {
          name: 'usr',
          size: 9000,
          files: 1,
          children: [
            {
              name: 'bin',
              size: 9000,
              files: 1,
              children: [{ name: 'nodejs', size: 9000, files: 1, children: [], isFile: true }],
            },
            { name: 'share', size: 0, files: 0, children: [] },
          ],
        },
        {
          name: 'app',
          size: 80,
          files: 1,
          children: [{ name: 'index.js', size: 80, files: 1, children: [], isFile: true }],
        },
        { name: 'bin', size: 0, files: 1, children: [], isFile: true },
      ],
    },
    wasted: [
      { path: 'usr/share/doc/a', size: 700, layer: 0, by: 1, how: 'deleted' },
      { path: 'usr/share/doc/b', size: 300, layer: 0, by: 1, how: 'deleted' },
      { path: 'app/index.js', size: 60, layer: 1, by: 2, how: 'replaced' },
      { path: 'app/old.js', size: 40, layer: 1, by: 2, how: 'deleted' },
    ],
    wastedFiles: 4,
    wastedBytes: 1100,
  });
});

test('a path may be a directory, a file, or a link to one', async (t) => {
  for (const path of ['usr/bin', '/usr/bin/', 'bin']) {
    const { root, size, largestFiles } = await contentsOf(STACK, { path });
    t.deepEqual([root.name, root.size, size], ['usr/bin', 9000, 9080]);
    t.deepEqual(largestFiles, [{ path: 'usr/bin/nodejs', size: 9000, layer: 0 }]);
  }
  const { root } = await contentsOf(STACK, { path: 'app/index.js' });
  t.deepEqual(root, { name: 'app/index.js', size: 80, files: 1, children: [], isFile: true });
  for (const path of ['gone', 'app/index.js/x', '../../etc/passwd'])
    await t.throwsAsync(contentsOf(STACK, { path }), {
      code: 'IMAGE_NOT_FOUND',
      message: /the image has no/,
    });
  t.is((await contentsOf(STACK, { path: '../..' })).root.size, 9080);
});

test('what is small, deep or too much is left out and counted', async (t) => {
  const { root } = await contentsOf(STACK, { share: 0.5, depth: 1 });
  t.deepEqual(root, {
    name: '',
    size: 9080,
    files: 3,
    children: [{ name: 'usr', size: 9000, files: 1, children: [] }],
  });
  const { wasted, wastedFiles, largestFiles } = await contentsOf(STACK, { limit: 1 });
  t.deepEqual([wasted.length, wastedFiles, largestFiles.length], [1, 4, 1]);
  const { layers } = await contentsOf(STACK, { changesDepth: 0 });
  t.deepEqual(layers[1]!.changes, [
    { kind: 'deleted', path: '', size: 1000, files: 2 },
    { kind: 'added', path: '', size: 100, files: 2 },
  ]);
});

test('a layer that is there twice wastes the bytes of the first', async (t) => {
  const things: Things = [['a', 10]];
  const [layer] = layersOf([things]);
  const { wasted, size } = await analyseLayers([layer!, layer!], {}, new AbortController().signal);
  t.is(size, 10);
  t.deepEqual(wasted, [{ path: 'a', size: 10, layer: 0, by: 1, how: 'replaced' }]);
});

test('a second name in a later layer adds no bytes and wastes none', async (t) => {
  const stack: Things[] = [[['a', 10]], [['b', { hardlink: 'a' }]], [['a', 'whiteout']]];
  const { size, wastedBytes, layers, largestFiles } = await contentsOf(stack);
  t.deepEqual([size, wastedBytes], [10, 0]);
  t.deepEqual(
    layers.map(({ bytesAdded, added, changed }) => [bytesAdded, added, changed]),
    [
      [10, 1, 0],
      [0, 1, 0],
      [0, 0, 0],
    ],
  );
  t.deepEqual(largestFiles, [{ path: 'b', size: 10, layer: 0 }]);
});

test('a file with something below it in the same layer is no file of the image', async (t) => {
  const { layers, size, wastedBytes, files } = await contentsOf([
    [
      ['c', 5],
      ['c/a', 7],
    ],
  ]);
  t.deepEqual([size, files, wastedBytes, layers[0]!.bytesAdded], [7, 1, 0, 7]);
});

test('work stops when it is aborted', async (t) => {
  const abort = AbortSignal.abort();
  await t.throwsAsync(analyseLayers(layersOf(STACK), {}, abort), { code: 'ABORTED' });
});

const NAMES = ['a', 'b', 'c', 'd'];
const path = fc
  .array(fc.constantFrom(...NAMES), { minLength: 1, maxLength: 3 })
  .map((parts) => parts.join('/'));
const thing: fc.Arbitrary<Thing> = fc.oneof(
  { weight: 5, arbitrary: fc.integer({ min: 0, max: 2000 }) },
  { weight: 2, arbitrary: fc.constantFrom('dir' as const, 'whiteout' as const, 'opaque' as const) },
  { weight: 1, arbitrary: path.map((target) => ({ symlink: target })) },
  { weight: 2, arbitrary: path.map((target) => ({ hardlink: target })) },
);
const layer: fc.Arbitrary<Things> = fc.array(fc.tuple(path, thing), { maxLength: 10 });

/** Undefined for a stack that is no image, and for files with something below them. */
function indexesOf(stack: readonly Things[]): LayerEntry[][] | undefined {
  try {
    const indexes = stack.map(indexOf);
    return indexes.some(hasObjectBelowFile) ? undefined : indexes;
  } catch {
    return undefined;
  }
}

function hasObjectBelowFile(index: readonly LayerEntry[]): boolean {
  const isFile = ({ kind, ...entry }: LayerEntry): boolean =>
    kind === 'hardlink' || ('node' in entry && entry.node?.type !== 'dir');
  const files = index.filter(isFile);
  return files.some(({ path }) => index.some((other) => other.path.startsWith(`${path}/`)));
}

function flat(directory: DirectorySize, at = ''): [string, number][] {
  if (directory.isFile) return [];
  const below = directory.children.flatMap((child) =>
    flat(child, at === '' ? child.name : `${at}/${child.name}`),
  );
  return [[at, directory.size], ...below];
}

test('random stacks of layers hold what a plain model says', async (t) => {
  let compared = 0;
  await fc.assert(
    fc.asyncProperty(fc.array(layer, { maxLength: 5 }), async (stack) => {
      const indexes = indexesOf(stack);
      if (!indexes) return;
      let contents;
      try {
        contents = await contentsOf(stack, { limit: 1000 });
      } catch (error) {
        if ((error as { code?: string }).code === 'LAYER_INVALID') return;
        throw error;
      }
      compared++;
      const naive = naiveContents(indexes);
      const { size, files, wastedBytes, wasted, layers, root } = contents;
      t.deepEqual([size, files, wastedBytes], [naive.size, naive.files, naive.wastedBytes]);
      t.deepEqual(wasted.map((each) => `${each.layer} ${each.by} ${each.size}`).sort(), naive.wasted);
      t.deepEqual(
        layers.map(({ added, changed, deleted, bytesAdded }) => ({ added, changed, deleted, bytesAdded })),
        naive.layers,
      );
      t.deepEqual(new Map(flat(root).sort()), new Map([...naive.directories].sort()));
      t.is(
        layers.reduce((sum, { bytesAdded }) => sum + bytesAdded, 0),
        size + wastedBytes,
      );
    }),
    { numRuns: 2000 },
  );
  t.true(compared > 500);
});
