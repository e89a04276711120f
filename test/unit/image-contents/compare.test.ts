// How two images differ: trees, configs, layers.
import test from 'ava';
import fc from 'fast-check';
import type { DiffId } from '../../../src/core/digest.js';
import { compareConfigs } from '../../../src/image-contents/compare-configs.js';
import { compareLayers } from '../../../src/image-contents/compare-layers.js';
import { compareTrees } from '../../../src/image-contents/compare-trees.js';
import type { ContentRef } from '../../../src/layer/entry.js';
import { layeredTree, type LayeredTree } from '../../../src/layer/layered-tree.js';
import { treeChanges } from '../../../src/layer/tree-changes.js';
import type { ImageConfig } from '../../../src/oci/types.js';
import { dir, entriesOf, file, special, symlink, tree, type Sketch } from '../layer/copy/tree-text.js';

const signal = new AbortController().signal;

function compare(before: LayeredTree, after: LayeredTree, areAllListed = false) {
  const bringContents = async (): Promise<void> => undefined;
  return compareTrees(before, after, { areAllListed, bringContents, signal });
}

async function lines(before: Sketch, after: Sketch, areAllListed = false): Promise<string[]> {
  const { files } = await compare(tree(before), tree(after), areAllListed);
  return files.map(({ kind, path, aspects, below }) =>
    `${kind} /${path}${below ? ` ${below.files} ${below.size}` : ''} ${aspects.join(' ')}`.trimEnd(),
  );
}

test('each attribute that can differ', async (t) => {
  const same = { 'd/a': 'x', l: symlink('d'), p: special('fifo') };
  t.deepEqual(await lines(same, same), []);
  for (const [before, after, aspects] of [
    [file('abc'), file('abcd'), 'size'],
    [file('abc'), file('abd'), 'content'],
    [file('abc'), file('abc', { mode: 0o4755 }), 'mode'],
    [file('abc'), file('abc', { gid: 5 }), 'owner'],
    [file('abc'), file('abc', { xattrs: { 'user.a': 'b' as never } }), 'xattrs'],
    [file('abc'), dir(), 'type'],
    [symlink('a'), symlink('b'), 'link'],
    [symlink('a'), symlink('a', { mode: 0o755 }), ''],
    [special('char', { devMajor: 1, devMinor: 3 }), special('char', { devMajor: 1, devMinor: 5 }), 'device'],
    [dir(0o755), dir(0o700, { uid: 1 }), 'mode owner'],
  ] as const)
    t.deepEqual(await lines({ o: before }, { o: after }), aspects === '' ? [] : [`changed /o ${aspects}`]);
});

test('the order of extended attributes is none', async (t) => {
  const [a, b] = [
    { 'user.a': '1', 'user.b': '2' },
    { 'user.b': '2', 'user.a': '1' },
  ];
  t.deepEqual(
    await lines({ f: file('x', { xattrs: a as never }) }, { f: file('x', { xattrs: b as never }) }),
    [],
  );
});

test('a directory that one image has stands for its files, unless all are wanted', async (t) => {
  const before = { 'old/x/y': '12345', keep: '1' };
  const after = { 'new/a': '12', 'new/b/c': '345', keep: '1' };
  t.deepEqual(await lines(before, after), ['added /new 2 5', 'removed /old 1 5']);
  t.deepEqual(await lines(before, after, true), [
    'added /new',
    'added /new/a',
    'added /new/b',
    'added /new/b/c',
    'removed /old',
    'removed /old/x',
    'removed /old/x/y',
  ]);
  t.deepEqual(await lines({ 'a/b': '1' }, { a: '2' }), ['changed /a type', 'removed /a/b']);
});

test('times alone are counted, not listed', async (t) => {
  const { files, timesOnly, changed } = await compare(
    tree({ a: 'x', b: 'y' }),
    tree({ a: file('x', { mtime: 99 }), b: file('z', { mtime: 99 }) }),
  );
  t.deepEqual([files.map(({ path }) => path), timesOnly, changed], [['b'], 1, { files: 1, size: 1 }]);
});

test('contents are read only where nothing else tells files apart', async (t) => {
  const hashed: ContentRef[] = [];
  const source = {
    readContent: () => Buffer.alloc(0),
    hashContent: (ref: ContentRef) => (hashed.push(ref), 'same'),
  };
  const of = (layer: string, offset: number, size: number, sha256?: string) =>
    file('', {
      size,
      content: { kind: 'layer', diffId: layer as DiffId, offset },
      ...(sha256 !== undefined && { sha256 }),
    });
  const side = (layer: string) =>
    layeredTree(
      [
        entriesOf({
          known: of(layer, 1, 5, layer),
          unknown: of(layer, 2, 5),
          sizes: of(layer, 3, layer.length),
          empty: of(layer, 4, 0),
        }),
      ],
      source,
    );
  const brought: number[] = [];
  const { files } = await compareTrees(side('a'), side('bb'), {
    areAllListed: false,
    bringContents: async (before, after) => void brought.push(before.length, after.length),
    signal,
  });
  t.deepEqual(brought, [1, 1]);
  t.is(hashed.length, 2);
  t.deepEqual(
    files.map(({ path, aspects }) => [path, ...aspects]),
    [
      ['known', 'content'],
      ['sizes', 'size'],
    ],
  );
});

test('branches that two trees share are not walked', (t) => {
  const below = tree({ 'big/a': '1', 'big/b': '2', 'd/x': '3' });
  const above = below.extend(entriesOf({ 'd/x': '4' }));
  t.deepEqual(
    [...treeChanges(below.root, above.root)].map(({ path }) => path as string),
    ['d/x'],
  );
});

const sketch: fc.Arbitrary<Sketch> = fc.dictionary(
  fc.array(fc.constantFrom('a', 'b', 'c'), { minLength: 1, maxLength: 3 }).map((parts) => parts.join('/')),
  fc.oneof(fc.constantFrom('x', 'y', 'zz'), fc.constant(dir()), fc.constant(symlink('a'))),
  { maxKeys: 6 },
);

test('a comparison the other way round says the opposite, and one with itself nothing', async (t) => {
  const OPPOSITE = { added: 'removed', removed: 'added', changed: 'changed' } as const;
  await fc.assert(
    fc.asyncProperty(sketch, sketch, async (a, b) => {
      const [forth, back] = [await compare(tree(a), tree(b), true), await compare(tree(b), tree(a), true)];
      t.deepEqual(
        forth.files.map(({ kind, path }) => [kind, path]),
        back.files.map(({ kind, path }) => [OPPOSITE[kind], path]),
      );
      t.deepEqual([forth.added, forth.timesOnly], [back.removed, back.timesOnly]);
      t.deepEqual((await compare(tree(a), tree(a))).files, []);
    }),
  );
});

const CONFIG: ImageConfig = {
  architecture: 'amd64',
  os: 'linux',
  rootfs: { type: 'layers', diff_ids: [] },
  config: {
    Env: ['PATH=/bin', 'A=1=2', 'ODD'],
    Cmd: ['sh'],
    Labels: { team: 'web' },
    ExposedPorts: { '80/tcp': {} },
    User: '',
  },
};

test('configs: by variable, label and port; what says nothing is as good as not there', (t) => {
  t.deepEqual(compareConfigs(CONFIG, CONFIG), []);
  const { config = {} } = CONFIG;
  const quiet = { ...config, User: '0', Volumes: {}, OnBuild: null, ArgsEscaped: false };
  t.deepEqual(compareConfigs(CONFIG, { ...CONFIG, config: quiet, created: 'x', author: '' }), [
    { field: 'User', after: '0' },
  ]);
  t.deepEqual(
    compareConfigs(CONFIG, {
      ...CONFIG,
      architecture: 'arm64',
      variant: 'v8',
      config: {
        Env: ['A=2', 'PATH=/bin', 'ODD'],
        Cmd: null,
        Entrypoint: ['node', 'x'],
        Labels: { team: 'db', 'a\x1b': '' },
        ExposedPorts: { '80/udp': {} },
        Healthcheck: { Test: ['NONE'] },
      },
    }),
    [
      { field: 'architecture', before: 'amd64', after: 'arm64' },
      { field: 'variant', after: 'v8' },
      { field: 'Env', key: 'A', before: '1=2', after: '2' },
      { field: 'Cmd', before: '["sh"]' },
      { field: 'Labels', key: 'team', before: 'web', after: 'db' },
      { field: 'Labels', key: 'a\x1b', after: '' },
      { field: 'ExposedPorts', key: '80/tcp', before: '{}' },
      { field: 'ExposedPorts', key: '80/udp', after: '{}' },
      { field: 'Entrypoint', after: '["node","x"]' },
      { field: 'Healthcheck', after: '{"Test":["NONE"]}' },
    ],
  );
});

test('layers: those of one image alone; one that is there twice needs two', (t) => {
  const layer = (id: string) => ({ diffId: id as DiffId, size: 1, createdBy: '' });
  const [a, b, c] = [layer('a'), layer('b'), layer('c')];
  t.deepEqual(compareLayers([a, b], [a, c, c]), { shared: 1, before: [b], after: [c, c] });
  t.deepEqual(compareLayers([a, a], [a]), { shared: 1, before: [a], after: [] });
});
