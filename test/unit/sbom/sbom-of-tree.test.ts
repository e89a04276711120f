import test from 'ava';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import type { ContentRef } from '../../../src/layer/entry.js';
import { layeredTree } from '../../../src/layer/layered-tree.js';
import type { TreeView } from '../../../src/layer/tree-view.js';
import { sbomOfTree, type SbomInput } from '../../../src/sbom/sbom-of-tree.js';
import { b, entriesOf, file, symlink, tree, type Sketch } from '../layer/copy/tree-text.js';

const MANIFEST = digestOf('manifest');
const DIFF_ID = digestOf('layer') as DiffId;

function inputOf(view: TreeView, more: Partial<SbomInput> = {}): SbomInput {
  return {
    view,
    bringContent: () => Promise.resolve(),
    image: {
      name: 'docker.io/library/app:1',
      manifest: MANIFEST,
      architecture: 'amd64',
      layers: [{ diffId: DIFF_ID, digest: digestOf('blob') }],
    },
    created: '2026-01-02T03:04:05.678Z',
    version: '1.2.3',
    signal: new AbortController().signal,
    ...more,
  };
}

const SKETCH: Sketch = {
  'etc/os-release': symlink('../usr/lib/os-release'),
  'usr/lib/os-release': 'ID=debian\nVERSION_ID="12"\n',
  'var/lib/dpkg/status':
    'Package: zlib1g\nVersion: 1:1.2\nStatus: install ok installed\nArchitecture: amd64\nMaintainer: Mark Brown <b@d.org>\n',
  'app/node_modules/@s/a/package.json':
    '{"name":"@s/a","version":"1.0.0","license":"MIT","homepage":"javascript:1"}',
  'app/node_modules/b/package.json': '{"license":"Own"}',
};

test('the document of a tree', async (t) => {
  t.snapshot(await sbomOfTree(inputOf(tree(SKETCH))));
});

test('equal trees give equal documents in whatever order they were made', async (t) => {
  const reversed = Object.fromEntries(Object.entries(SKETCH).reverse());
  const [one, other] = await Promise.all(
    [SKETCH, reversed].map((sketch) => sbomOfTree(inputOf(tree(sketch)))),
  );
  t.is(JSON.stringify(one), JSON.stringify(other));
});

test('another manifest gives another namespace, and an image without a name is called by its digest', async (t) => {
  const { image } = inputOf(tree({}));
  const { name: _, ...unnamed } = image;
  const one = await sbomOfTree(inputOf(tree({})));
  const other = await sbomOfTree(inputOf(tree({}), { image: { ...unnamed, manifest: digestOf('other') } }));
  t.not(one.documentNamespace, other.documentNamespace);
  t.is(other.name, digestOf('other'));
  t.is(other.packages[0]?.externalRefs, undefined);
});

test('the layer that brought the metadata is named by its blob, and only metadata is brought', async (t) => {
  const text = 'Package: a\nVersion: 1\n';
  const content: ContentRef = { kind: 'layer', diffId: DIFF_ID, offset: 512 };
  const node = { ...file(text), content };
  const entries = entriesOf({ 'var/lib/dpkg/status': node, 'usr/bin/large': node });
  const view = layeredTree([entries], {
    readContent: () => Buffer.from(text),
    hashContent: () => t.fail() as never,
  });
  const brought: string[] = [];
  const bringContent: SbomInput['bringContent'] = async (paths) => void brought.push(...paths);
  const { packages } = await sbomOfTree(inputOf(view, { bringContent }));
  t.is(packages[1]?.comment, `layerID: ${digestOf('blob')}`);
  t.deepEqual(brought, [b('var/lib/dpkg/status')]);
});

test('what cannot be read is said', async (t) => {
  const { comment, packages } = await sbomOfTree(
    inputOf(
      tree({
        'var/lib/rpm/Packages': 'Berkeley',
        'var/lib/rpm/Packages.db': '',
        'var/lib/rpm/rpmdb.sqlite-wal': 'log',
        'var/lib/dpkg/status': 'Package: a\n',
        'x/node_modules/y/package.json': file('', { size: 5e6 }),
        'x/node_modules/z/package.json': '{',
      }),
    ),
  );
  t.is(packages.length, 1);
  t.deepEqual(comment?.split('\n'), [
    '/var/lib/dpkg/status: broken entries are left out: 1.',
    '/var/lib/rpm/Packages: an rpm database of a form that is not read.',
    '/var/lib/rpm/rpmdb.sqlite-wal: changes of an rpm database, which are not read.',
    '/x/node_modules/y/package.json: more than 4 MiB are too much to be read.',
    '/x/node_modules/z/package.json: broken entries are left out: 1.',
  ]);
});

test('of very many unreadable files some are named', async (t) => {
  const broken = Array.from({ length: 150 }, (_, i) => [`node_modules/p${i}/package.json`, '{']);
  const { comment } = await sbomOfTree(inputOf(tree(Object.fromEntries(broken))));
  t.is(comment?.split('\n').length, 101);
  t.true(comment?.endsWith('And 50 more files.'));
});

test('a document above the limit of its readers is refused in words', async (t) => {
  const status = Array.from({ length: 80_000 }, (_, i) => `Package: p${i}\nVersion: 1\n`).join('\n');
  await t.throwsAsync(sbomOfTree(inputOf(tree({ 'var/lib/dpkg/status': status }))), {
    code: 'OUTPUT_FAILED',
    message: /^the SBOM of 80000 packages has \d+ MiB, and readers take at most 40 MiB$/,
  });
  const many = Array.from({ length: 100_001 }, () => 'Package: p\nVersion: 1\n').join('\n');
  await t.throwsAsync(sbomOfTree(inputOf(tree({ 'var/lib/dpkg/status': many }))), {
    code: 'OUTPUT_FAILED',
    message: /more than 100000 packages/,
  });
});

test('an aborted reading ends', async (t) => {
  await t.throwsAsync(sbomOfTree(inputOf(tree({}), { signal: AbortSignal.abort() })), { code: 'ABORTED' });
});
