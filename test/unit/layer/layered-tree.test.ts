import test from 'ava';
import fc from 'fast-check';
import { createHash } from 'node:crypto';
import type { DiffId } from '../../../src/core/digest.js';
import type { ContentRef, LayerEntry } from '../../../src/layer/entry.js';
import { extendTree, layeredTree, type ContentSource } from '../../../src/layer/layered-tree.js';
import { emptyTree, heredocTree, memoryTree } from '../../../src/layer/memory-tree.js';
import { b, dir, entriesOf, file, show, symlink, tree, type Sketch } from './copy/tree-text.js';

const whiteout = (path: string): LayerEntry => ({ kind: 'whiteout', path: b(path) });
const opaque = (path: string): LayerEntry => ({ kind: 'opaque', path: b(path) });

function stack(...layers: (Sketch | LayerEntry[])[]): string[] {
  const indexes = layers.map((layer) => (Array.isArray(layer) ? layer : entriesOf(layer)));
  return show(indexes.reduce((view, index) => extendTree(view, index), emptyTree));
}

test('the empty tree has a root and nothing else', (t) => {
  t.is(emptyTree.get(b(''))?.type, 'dir');
  t.is(emptyTree.get(b(''))?.mode, 0o755);
  t.deepEqual(emptyTree.children(b('')), []);
  t.is(emptyTree.get(b('a')), undefined);
});

test('missing parents are 0755 root, children are sorted bytewise', (t) => {
  t.deepEqual(stack({ 'a/z': '1', 'a/b/c': '2', 'a-': '3' }), [
    'dir 755 0:0 /a',
    'dir 755 0:0 /a/b',
    'file 644 0:0 /a/b/c "2"',
    'file 644 0:0 /a/z "1"',
    'file 644 0:0 /a- "3"',
  ]);
});

test('a path below a file or a link does not exist', (t) => {
  const view = tree({ f: 'x', l: symlink('d'), 'd/x': 'y' });
  t.is(view.get(b('f/x')), undefined);
  t.is(view.get(b('l/x')), undefined);
  t.deepEqual(view.children(b('l')), []);
  t.deepEqual(view.children(b('gone')), []);
});

test('whiteouts hide lower objects with what is below, never those of the same layer', (t) => {
  t.deepEqual(stack({ 'a/x': '1', b: '2' }, [whiteout('a'), whiteout('gone')]), ['file 644 0:0 /b "2"']);
  t.deepEqual(stack({ a: '1' }, [...entriesOf({ a: '2' }), whiteout('a')]), ['file 644 0:0 /a "2"']);
  t.deepEqual(stack({ 'a/x': '1' }, [...entriesOf({ 'a/y': '2' }), whiteout('a')]), [
    'dir 755 0:0 /a',
    'file 644 0:0 /a/y "2"',
  ]);
});

test('an opaque directory hides what is below in lower layers, in any order', (t) => {
  const lower = { 'd/x': '1', 'd/e/y': '2', k: '3' };
  const upper = entriesOf({ d: dir(0o700), 'd/new': '4' });
  const expected = ['dir 700 0:0 /d', 'file 644 0:0 /d/new "4"', 'file 644 0:0 /k "3"'];
  t.deepEqual(stack(lower, [opaque('d'), ...upper]), expected);
  t.deepEqual(stack(lower, [...upper, opaque('d')]), expected);
  t.deepEqual(stack(lower, [opaque('')]), []);
});

test('type flips: a file over a directory removes what is below, a directory over a directory keeps it', (t) => {
  t.deepEqual(stack({ 'a/x': '1' }, { a: 'f' }), ['file 644 0:0 /a "f"']);
  t.deepEqual(stack({ 'a/x': '1' }, { a: 'f' }, { a: dir() }), ['dir 755 0:0 /a']);
  t.deepEqual(stack({ 'a/x': '1' }, { a: dir(0o700) }), ['dir 700 0:0 /a', 'file 644 0:0 /a/x "1"']);
  t.deepEqual(stack({ a: symlink('b') }, { 'a/x': '1' }), ['dir 755 0:0 /a', 'file 644 0:0 /a/x "1"']);
  t.deepEqual(
    stack([...entriesOf({ 'a/x': '1', 'a/y': '2' }), ...entriesOf({ a: 'f' }), ...entriesOf({ 'a/z': '3' })]),
    ['dir 755 0:0 /a', 'file 644 0:0 /a/z "3"'],
  );
});

test('hard links: in one layer, to a lower layer, to a link, to a later entry, to a hidden file', (t) => {
  t.deepEqual(stack({ a: 'x', c: '=a', d: '=c' }), [
    'file 644 0:0 /a "x"',
    'file 644 0:0 /c == /a',
    'file 644 0:0 /d == /a',
  ]);
  t.deepEqual(stack({ 'p/a': 'x' }, { c: '=p/a' }, { e: '=c' }), [
    'file 644 0:0 /c "x"',
    'file 644 0:0 /e == /c',
    'dir 755 0:0 /p',
    'file 644 0:0 /p/a == /c',
  ]);
  t.deepEqual(stack({ c: '=d', d: '=z', z: 'x' }), [
    'file 644 0:0 /c "x"',
    'file 644 0:0 /d == /c',
    'file 644 0:0 /z == /c',
  ]);
  t.deepEqual(stack({ a: 'x' }, [...entriesOf({ c: '=a' }), whiteout('a')]), ['file 644 0:0 /c "x"']);
  t.deepEqual(stack({ a: 'x', c: '=a' }, { a: 'new' }), ['file 644 0:0 /a "new"', 'file 644 0:0 /c "x"']);
  t.deepEqual(stack({ a: 'old' }, { a: 'new', c: '=a' }), ['file 644 0:0 /a "new"', 'file 644 0:0 /c == /a']);
});

test('a hard link to nothing, to a directory or to itself is an invalid layer', (t) => {
  for (const sketch of [{ c: '=gone' }, { d: dir(), c: '=d' }, { c: '=d', d: '=c' }, { c: '=c' }]) {
    t.throws(() => tree(sketch), { code: 'LAYER_INVALID', message: /which is not a file of the image/ });
  }
});

test('a long chain of links in the worst order is made in one go', (t) => {
  const links = Array.from({ length: 50_000 }, (_, i): LayerEntry => {
    return { kind: 'hardlink', path: b(`l${i}`), target: b(i === 49_999 ? 'f' : `l${i + 1}`) };
  });
  const view = extendTree(tree({ f: 'x' }), links);
  t.is(view.get(b('l0'))?.inode, view.get(b('f'))?.inode);
});

test('inodes of the entries are not taken over', (t) => {
  t.deepEqual(stack({ a: file('1', { inode: '5' }) }, { c: file('2', { inode: '5' }) }), [
    'file 644 0:0 /a "1"',
    'file 644 0:0 /c "2"',
  ]);
});

test('extending a tree leaves it as it was', (t) => {
  const lower = tree({ 'd/a': '1', 'd/e/f': '2', h: '=d/a' });
  const before = show(lower);
  const upper = extendTree(lower, [
    whiteout('d/a'),
    opaque('d/e'),
    ...entriesOf({ 'd/new': '3', d: dir(0o700), i: '=h' }),
  ]);
  t.deepEqual(show(lower), before);
  t.deepEqual(show(upper), [
    'dir 700 0:0 /d',
    'dir 755 0:0 /d/e',
    'file 644 0:0 /d/new "3"',
    'file 644 0:0 /h "1"',
    'file 644 0:0 /i == /h',
  ]);
});

test('the root takes the metadata that a layer gives it', (t) => {
  t.is(memoryTree([{ kind: 'node', path: b(''), node: dir(0o1777) }]).get(b(''))?.mode, 0o1777);
});

test('content comes from the source by reference and size, bytes and known digests without it', (t) => {
  const asked: [ContentRef, number][] = [];
  const source: ContentSource = {
    readContent: (ref, size) => (asked.push([ref, size]), Buffer.alloc(size, 'x')),
    hashContent: (ref, size) => (asked.push([ref, size]), 'hash'),
  };
  const content = { kind: 'layer', diffId: 'sha256:1' as DiffId, offset: 512 } as const;
  const view = layeredTree(
    [
      [
        ...entriesOf({
          f: file('', { size: 3, content }),
          k: file('', { content, sha256: 'known' }),
          m: 'memory',
        }),
      ],
    ],
    source,
  );
  t.is(view.read(b('f'), 3).toString(), 'xxx');
  t.is(view.sha256(b('f')), 'hash');
  t.deepEqual(asked, [
    [content, 3],
    [content, 3],
  ]);
  t.is(view.sha256(b('k')), 'known');
  t.is(view.sha256(b('m')), createHash('sha256').update('memory').digest('hex'));
  t.throws(() => view.read(b('f'), 2), { code: 'LAYER_LIMIT' });
  t.is(asked.length, 2);
});

test('a heredoc is a file of mode 0644', (t) => {
  const view = heredocTree(b('EOF'), Buffer.from('body'), { mtime: 1, mtimeNsec: 0 });
  t.deepEqual(show(view), ['file 644 0:0 /EOF "body"']);
});

const path = fc.constantFrom('a', 'b', 'a/a', 'a/b', 'a/b/a', 'b/a');
const change = fc.oneof(
  fc
    .tuple(path, fc.constantFrom('x', 'y'))
    .map(([at, text]): LayerEntry => ({ kind: 'node', path: b(at), node: file(text) })),
  path.map((at): LayerEntry => ({ kind: 'node', path: b(at), node: dir() })),
  path.map(whiteout),
  path.map(opaque),
);

test('a stack shows what applying its layers one by one to a plain map shows', (t) => {
  const layers = fc.array(fc.array(change, { maxLength: 5 }), { maxLength: 4 });
  fc.assert(
    fc.property(layers, (indexes) => {
      const view = layeredTree(indexes, { readContent: () => Buffer.alloc(0), hashContent: () => '' });
      return show(view).join('\n') === applyPlainly(indexes).join('\n');
    }),
    { numRuns: 1000 },
  );
  t.pass();
});

/**
 * The image spec read literally: removals first, then each entry in order, on a map from path to text (directories:
 * undefined).
 */
function applyPlainly(indexes: readonly (readonly LayerEntry[])[]): string[] {
  let objects = new Map<string, string | undefined>();
  const removeBelow = (at: string): void => {
    objects = new Map([...objects].filter(([other]) => !other.startsWith(`${at}/`)));
  };
  const set = (at: string, text: string | undefined): void => {
    const slash = at.lastIndexOf('/');
    if (slash !== -1 && objects.get(at.slice(0, slash)) !== undefined) objects.delete(at.slice(0, slash));
    if (slash !== -1 && !objects.has(at.slice(0, slash))) set(at.slice(0, slash), undefined);
    if (text !== undefined) removeBelow(at);
    objects.set(at, text);
  };
  for (const index of indexes) {
    for (const { kind, path: at } of index) {
      const isDirectory = objects.has(at) && objects.get(at) === undefined;
      if (kind === 'whiteout') objects.delete(at);
      if (kind === 'whiteout' || (kind === 'opaque' && isDirectory)) removeBelow(at);
    }
    for (const entry of index) {
      if (entry.kind !== 'node') continue;
      const { content } = entry.node;
      set(entry.path, content?.kind === 'bytes' ? Buffer.from(content.data).toString() : undefined);
    }
  }
  const rows = [...objects].sort(([x], [y]) => (x.split('/').join('\0') < y.split('/').join('\0') ? -1 : 1));
  return rows.map(([at, text]) =>
    text === undefined ? `dir 755 0:0 /${at}` : `file 644 0:0 /${at} ${JSON.stringify(text)}`,
  );
}
