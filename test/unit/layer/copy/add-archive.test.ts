import test from 'ava';
import fc from 'fast-check';
import type { TsbuildError } from '../../../../src/core/errors.js';
import type { LayerEntry, TreeNode } from '../../../../src/layer/entry.js';
import { computeCopy, type CopyRequest } from '../../../../src/layer/copy/compute-copy.js';
import { extendTree, type LayeredTree } from '../../../../src/layer/layered-tree.js';
import {
  dir,
  entriesOf,
  file,
  paths,
  show,
  special,
  symlink,
  tree,
  b,
  NOW,
  type Sketch,
} from './tree-text.js';

type Archive = Sketch | [string, Sketch[string]][];

type ArchiveRequest = Omit<CopyRequest, 'sources'> & { readonly entries: readonly LayerEntry[] };

/** ADD of one archive. */
function addArchive({ entries, ...request }: ArchiveRequest): LayerEntry[] {
  return computeCopy({ ...request, sources: [{ kind: 'unpack', entries }] });
}

function archiveEntries(archive: Archive): LayerEntry[] {
  return Array.isArray(archive)
    ? archive.flatMap(([path, value]) => entriesOf({ [path]: value }))
    : entriesOf(archive);
}

function entries(
  archive: Archive,
  to: LayeredTree = tree({}),
  extra: Partial<ArchiveRequest> = {},
): LayerEntry[] {
  return addArchive({
    dest: to,
    destPath: b('/o'),
    workdir: b('/'),
    entries: archiveEntries(archive),
    now: NOW,
    ...extra,
  });
}

function unpacked(
  archive: Archive,
  to: LayeredTree = tree({}),
  extra: Partial<ArchiveRequest> = {},
): string[] {
  return show(extendTree(to, entries(archive, to, extra)));
}

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return `${(error as TsbuildError).code} ${(error as Error).message}`;
  }
  return 'no error';
}

test('dest is a directory, made 0755; owners are those of the archive, missing parents 0755 root', (t) => {
  t.deepEqual(unpacked({ 'a/f': file('x', { uid: 3, gid: 4, mode: 0o4755 }) }), [
    'dir 755 0:0 /o',
    'dir 755 0:0 /o/a',
    'file 4755 3:4 /o/a/f "x"',
  ]);
  t.deepEqual(unpacked({ 'a/f': 'x' }, tree({}), { owner: { uid: 8, gid: 9 } }), [
    'dir 755 8:9 /o',
    'dir 755 0:0 /o/a',
    'file 644 8:9 /o/a/f "x"',
  ]);
  t.regex(
    failure(() => entries({ f: 'x' }, tree({ o: 'file' }))),
    /COPY_CONFLICT mkdir \/o: not a directory/,
  );
});

test('directories merge and take the metadata of the archive; files replace', (t) => {
  const to = tree({ o: dir(0o700), 'o/d': dir(0o700, { uid: 1 }), 'o/d/old': 'o', 'o/f': 'old' });
  t.deepEqual(unpacked({ d: dir(0o711, { uid: 2 }), f: 'new' }, to), [
    'dir 700 0:0 /o',
    'dir 711 2:0 /o/d',
    'file 644 0:0 /o/d/old "o"',
    'file 644 0:0 /o/f "new"',
  ]);
});

test('existing linked directories of dest are followed, absolute ones from the destination', (t) => {
  const to = tree({ 'usr/lib/old': 'o', lib: symlink('usr/lib'), abs: symlink('/usr') });
  const extra = { destPath: b('/') };
  const result = unpacked({ 'lib/f': 'x', lib: dir(0o700), 'abs/g': 'y' }, to, extra);
  t.deepEqual(result, [
    'symlink 777 0:0 /abs -> /usr',
    'symlink 777 0:0 /lib -> usr/lib',
    'dir 755 0:0 /usr',
    'file 644 0:0 /usr/g "y"',
    'dir 700 0:0 /usr/lib',
    'file 644 0:0 /usr/lib/f "x"',
    'file 644 0:0 /usr/lib/old "o"',
  ]);
  t.deepEqual(paths(entries({ 'l/f': 'x' }, tree({ o: dir(), 'o/l': symlink('/etc'), etc: dir() }))), [
    'o',
    'o/etc',
    'o/etc/f',
  ]);
});

test('names with .. or absolute names stay inside or are refused', (t) => {
  t.deepEqual(
    paths(
      entries([
        ['/abs//f', 'x'],
        ['a/../g', 'y'],
        ['./', dir()],
        ['C:x', 'z'],
      ]),
    ),
    ['o', 'o/C:x', 'o/abs', 'o/abs/f', 'o/g'],
  );
  for (const name of ['../x', 'a/../../x', '/../x', '..']) {
    t.regex(
      failure(() => entries([[name, 'x']])),
      /^LAYER_UNSAFE .*outside extraction root/,
      name,
    );
  }
});

test('a symlink planted by the archive and written through stays inside', (t) => {
  t.deepEqual(
    paths(
      entries([
        ['d', symlink('/tmp/out')],
        ['d/x', 'x'],
      ]),
    ),
    ['o', 'o/d', 'o/tmp', 'o/tmp/out', 'o/tmp/out/x'],
  );
  t.deepEqual(
    paths(
      entries([
        ['up', symlink('..')],
        ['up/etc/x', 'x'],
      ]),
    ),
    ['o', 'o/etc', 'o/etc/x', 'o/up'],
    'a link that leads above the destination leads to it',
  );
  t.deepEqual(
    paths(
      entries([
        ['d', symlink('../../../tmp')],
        ['d/x', 'x'],
      ]),
    ),
    ['o', 'o/d', 'o/tmp', 'o/tmp/x'],
  );
  const chain: Archive = [
    ['a/b/c', dir()],
    ['a/b/c/up', symlink('../..')],
    ['a/b/escape', symlink('c/up/../../..')],
    ['a/b/far', symlink('/a/b/escape/../..')],
    ['a/b/escape/f', 'x'],
    ['a/b/far/g', '=a/b/escape/f'],
  ];
  t.deepEqual(paths(entries(chain)), [
    'o',
    'o/a',
    'o/a/b',
    'o/a/b/c',
    'o/a/b/c/up',
    'o/a/b/escape',
    'o/a/b/far',
    'o/f',
    'hardlink o/g',
  ]);
  t.regex(
    failure(() =>
      entries([
        ['l', symlink('l')],
        ['l/x', 'x'],
      ]),
    ),
    /LAYER_UNSAFE too many links/,
  );
  t.deepEqual(
    paths(
      entries([
        ['l', symlink('d')],
        ['d', dir()],
        ['l', 'file'],
      ]),
    ),
    ['o', 'o/d', 'o/l'],
    'a file replaces the link',
  );
});

test('hard links: inside the archive, to a file of the image, through links, and the refused ones', (t) => {
  t.deepEqual(
    unpacked([
      ['f', 'x'],
      ['g', '=f'],
      ['h', '=g'],
    ]),
    ['dir 755 0:0 /o', 'file 644 0:0 /o/f "x"', 'file 644 0:0 /o/g == /o/f', 'file 644 0:0 /o/h == /o/f'],
  );
  const image = tree({ 'o/z': 'image', o: dir() });
  t.deepEqual(unpacked([['a', '=z']], image), [
    'dir 755 0:0 /o',
    'file 644 0:0 /o/a "image"',
    'file 644 0:0 /o/z == /o/a',
  ]);
  t.deepEqual(
    paths(
      entries([
        ['d/f', 'x'],
        ['l', symlink('d')],
        ['g', '=l/f'],
      ]),
    ),
    ['o', 'o/d', 'o/d/f', 'hardlink o/g', 'o/l'],
  );
  t.regex(
    failure(() => entries([['g', '=gone']])),
    /^LAYER_INVALID/,
  );
  t.regex(
    failure(() =>
      entries([
        ['d', dir()],
        ['g', '=d'],
      ]),
    ),
    /^LAYER_INVALID/,
  );
  t.regex(
    failure(() => entries([['g', '=../../etc/passwd']], tree({ 'etc/passwd': 'x' }))),
    /^LAYER_UNSAFE/,
    'the reader has cut what leads above the destination: here a name is clean',
  );
  t.regex(
    failure(() =>
      entries([
        ['f', 'x'],
        ['f', '=f'],
      ]),
    ),
    /^LAYER_INVALID/,
  );
  const owned = unpacked(
    [
      ['f', file('x', { uid: 1 })],
      ['g', '=f'],
    ],
    tree({}),
    { owner: { uid: 5, gid: 5 } },
  );
  t.deepEqual(owned.slice(1), ['file 644 5:5 /o/f "x"', 'file 644 5:5 /o/g == /o/f']);
});

test('type flips inside the archive and over the image', (t) => {
  t.deepEqual(
    unpacked([
      ['a', dir()],
      ['a/x', '1'],
      ['a', 'file'],
    ]),
    ['dir 755 0:0 /o', 'file 644 0:0 /o/a "file"'],
  );
  t.deepEqual(
    unpacked([
      ['a', 'file'],
      ['a', dir(0o700)],
      ['a/x', '1'],
    ]),
    ['dir 755 0:0 /o', 'dir 700 0:0 /o/a', 'file 644 0:0 /o/a/x "1"'],
  );
  const to = tree({ 'o/a/old': 'o' });
  t.deepEqual(unpacked([['a', 'file']], to), ['dir 755 0:0 /o', 'file 644 0:0 /o/a "file"']);
  const back: Archive = [
    ['a', 'file'],
    ['a', dir()],
    ['a/new', 'n'],
  ];
  t.deepEqual(unpacked(back, to), ['dir 755 0:0 /o', 'dir 755 0:0 /o/a', 'file 644 0:0 /o/a/new "n"']);
  t.deepEqual(paths(entries(back, to)), ['o', 'o/a', 'opaque o/a', 'o/a/new']);
  t.regex(
    failure(() =>
      entries([
        ['a', 'file'],
        ['a/x', '1'],
      ]),
    ),
    /^COPY_CONFLICT/,
  );
});

test('marks of deletions are refused, devices and fifos taken, times before 1970 are 1970', (t) => {
  for (const name of ['.wh.x', 'd/.wh..wh..opq', '.wh.d/x'])
    t.regex(
      failure(() => entries([[name, 'x']])),
      /^LAYER_UNSAFE/,
      name,
    );
  t.regex(
    failure(() =>
      entries([
        ['g', '=f'],
        ['f', 'x'],
      ]),
    ),
    /^LAYER_INVALID/,
  );
  const device = special('block', { devMajor: 8, devMinor: 1, mode: 0o660, gid: 6 });
  const taken = entries({
    c: special('char', { devMajor: 1, devMinor: 3 }),
    b: device,
    p: special('fifo'),
    f: 'x',
  });
  t.deepEqual(paths(taken), ['o', 'o/b', 'o/c', 'o/f', 'o/p']);
  const [, block] = taken;
  t.like(block?.kind === 'node' ? block.node : undefined, device);
  t.regex(
    failure(() => entries({ c: special('char', { devMajor: 0, devMinor: 0 }) })),
    /^LAYER_UNSAFE.*0:0/,
  );
  const [, node] = entries([['f', file('x', { mtime: -5 })]]);
  t.is(node?.kind === 'node' ? node.node.mtime : undefined, 0);
  t.regex(
    failure(() =>
      addArchive({
        dest: tree({}),
        destPath: b('/'),
        workdir: b('/'),
        now: NOW,
        entries: [{ kind: 'whiteout', path: b('etc') }],
      }),
    ),
    /^LAYER_UNSAFE/,
  );
});

test('archives and copied sources of one ADD share a layer', (t) => {
  const result = computeCopy({
    dest: tree({}),
    destPath: b('/o/'),
    workdir: b('/'),
    now: NOW,
    sources: [
      { kind: 'unpack', entries: entriesOf({ f: 'archive' }) },
      {
        kind: 'copy',
        source: {
          name: b('f'),
          path: b('f'),
          entries: [{ path: b(''), node: file('plain'), isIncluded: true }],
        },
      },
    ],
  });
  t.deepEqual(paths(result), ['o', 'o/f']);
});

const part = fc.constantFrom('a', 'c', 'l', 'up', '..', '.', '');
const pathText = fc
  .tuple(fc.constantFrom('', '/'), fc.array(part, { maxLength: 5 }))
  .map(([root, parts]) => root + parts.join('/'));
const member = fc.tuple(
  pathText,
  fc.oneof(
    fc.constant<Sketch[string]>('x'),
    fc.constant<Sketch[string]>(dir()),
    pathText.map((target): Sketch[string] => symlink(target)),
    pathText.map((target): Sketch[string] => `=${target}`),
  ),
);

test('no archive changes anything outside its destination', (t) => {
  const image = tree({ 'a/secret': 's', c: symlink('/a'), 'o/l': symlink('/a'), 'o/up': symlink('../a') });
  const outside = show(image).filter((line) => !line.includes(' /o'));
  fc.assert(
    fc.property(fc.array(member, { maxLength: 8 }), (archive) => {
      try {
        const result = unpacked(archive, image);
        return result.filter((line) => !line.includes(' /o')).join('\n') === outside.join('\n');
      } catch (error) {
        return ['LAYER_UNSAFE', 'LAYER_INVALID', 'COPY_CONFLICT'].includes((error as TsbuildError).code);
      }
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

test('the last header of a file wins for all its names; of a symbolic link its owner alone', (t) => {
  const link = (path: string, target: string, header: Partial<TreeNode>): LayerEntry => ({
    kind: 'hardlink',
    path: b(path),
    target: b(target),
    node: { ...file(''), ...header },
  });
  const linked = (extra: Partial<ArchiveRequest> = {}): string[] => {
    const members = [
      ...archiveEntries({ f: file('x', { mode: 0o600, uid: 3, mtime: 5 }), s: symlink('f') }),
      link('g', 'f', { mode: 0o644, uid: 9, gid: 9, mtime: 1e12 }),
      link('h', 's', { mode: 0o600, uid: 7, gid: 7 }),
    ];
    const to = tree({});
    const changes = addArchive({
      dest: to,
      destPath: b('/o'),
      workdir: b('/'),
      entries: members,
      now: NOW,
      ...extra,
    });
    t.true(
      changes.every((entry) => entry.kind !== 'node' || entry.path !== b('o/f') || entry.node.mtime === 0),
    );
    return show(extendTree(to, changes)).slice(1);
  };
  t.deepEqual(linked(), [
    'file 644 9:9 /o/f "x"',
    'file 644 9:9 /o/g == /o/f',
    'symlink 777 7:7 /o/h -> f',
    'symlink 777 7:7 /o/s -> f',
  ]);
  t.deepEqual(linked({ owner: { uid: 1, gid: 2 } })[0], 'file 644 1:2 /o/f "x"');
});
