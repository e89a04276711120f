// Names of archives to paths of layers: what is cleaned, what is a deletion, what is refused.
import test from 'ava';
import { fromUtf8, type ByteString } from '../../../../src/core/bytes.js';
import type { LayerEntry } from '../../../../src/layer/entry.js';
import { layerLimits } from '../../../../src/layer/limits.js';
import { layerEntryOf } from '../../../../src/layer/tar/layer-entry-of.js';
import type { RawEntry } from '../../../../src/layer/tar/raw-entry.js';

const limits = layerLimits();

function entryOf(raw: Partial<RawEntry>, options: { whiteouts?: boolean } = {}): LayerEntry | undefined {
  const base = {
    type: 'file',
    typeflag: '0',
    mode: 0o100644,
    uid: 0,
    gid: 0,
    size: 0,
    mtime: 0,
    mtimeNsec: 0,
    devMajor: 0,
    devMinor: 0,
  } as const;
  return layerEntryOf(
    { ...base, name: fromUtf8('x'), linkname: fromUtf8(''), offset: 512, ...raw },
    { limits, ...options },
  );
}

const named = (name: string, raw: Partial<RawEntry> = {}, options = {}) =>
  entryOf({ name: name as ByteString, ...raw }, options);

test('names are made relative and clean', (t) => {
  const cases = {
    a: 'a',
    './a': 'a',
    '/a': 'a',
    '//a//b/': 'a/b',
    'a/./b': 'a/b',
    '././/a': 'a',
    'a/...': 'a/...',
    '..a': '..a',
  };
  for (const [name, path] of Object.entries(cases)) t.is(named(name)?.path, path as ByteString);
  for (const name of ['', '.', './', '/', '///']) t.is(named(name, { type: 'dir' })?.path, '' as ByteString);
});

test('names of other systems are inert', (t) => {
  for (const name of ['C:x', 'C:..\\x', '\\\\?\\x', 'c:']) t.is(named(name)?.path, name as ByteString);
});

test('names that leave the tree are refused', (t) => {
  for (const name of ['..', '../x', 'a/../../x', 'a/..', '/../x', 'a/../b', './..', 'C:/../x']) {
    t.throws(() => named(name), { code: 'LAYER_UNSAFE' }, name);
    t.throws(() => named(name, {}, { whiteouts: false }), { code: 'LAYER_UNSAFE' }, name);
    t.throws(
      () => named('x', { type: 'hardlink', linkname: name as ByteString }),
      { code: 'LAYER_UNSAFE' },
      name,
    );
  }
  t.throws(() => named('a\0b'), { code: 'LAYER_INVALID' });
  t.throws(() => named('.', { type: 'file' }), { code: 'LAYER_UNSAFE' });
  t.throws(() => named('.', { type: 'symlink', linkname: '/tmp' as ByteString }), { code: 'LAYER_UNSAFE' });
});

test('paths are bounded in length and depth', (t) => {
  t.truthy(named('a'.repeat(4096)));
  t.throws(() => named('a'.repeat(4097)), { code: 'LAYER_LIMIT' });
  t.throws(() => named('a/'.repeat(10000)), { code: 'LAYER_LIMIT' });
  t.throws(() => named('a/'.repeat(1500)), { code: 'LAYER_LIMIT', message: /maxPathDepth/ });
});

test('nodes keep what their type has', (t) => {
  const metadata = { mode: 0o4755, uid: 0, gid: 0, size: 0, mtime: 0, mtimeNsec: 0 };
  const raw = { mode: 0o104755, devMajor: 1, devMinor: 3, linkname: fromUtf8('../../etc') };
  t.deepEqual(named('x', raw), { kind: 'node', path: fromUtf8('x'), node: { type: 'file', ...metadata } });
  t.deepEqual(named('x', { ...raw, type: 'symlink' }), {
    kind: 'node',
    path: fromUtf8('x'),
    node: { type: 'symlink', ...metadata, link: fromUtf8('../../etc') },
  });
  t.deepEqual(named('x', { ...raw, type: 'char' }), {
    kind: 'node',
    path: fromUtf8('x'),
    node: { type: 'char', ...metadata, devMajor: 1, devMinor: 3 },
  });
});

test('symbolic links keep their text, wherever it points, but it must be possible', (t) => {
  for (const link of ['/etc/passwd', '../../../x', 'C:../../x', '.']) {
    const entry = named('x', { type: 'symlink', linkname: link as ByteString });
    t.is(entry?.kind === 'node' ? entry.node.link : undefined, link as ByteString);
  }
  for (const link of ['', 'a\0b', 'x'.repeat(4096)]) {
    t.throws(() => named('x', { type: 'symlink', linkname: link as ByteString }), { code: 'LAYER_INVALID' });
  }
});

test('targets of hard links are cleaned like names', (t) => {
  for (const target of ['a/b', '/a/b', './a//b']) {
    const entry = named('x', { type: 'hardlink', linkname: target as ByteString });
    t.like(entry, { kind: 'hardlink', path: fromUtf8('x'), target: fromUtf8('a/b') });
  }
  for (const target of ['../a/b', '/../../a/b', 'c/../../a/./b']) {
    const entry = named('x', { type: 'hardlink', linkname: target as ByteString }, { whiteouts: false });
    t.like(
      entry,
      { target: fromUtf8('a/b') },
      'in an archive that is no layer, `..` does not lead above its root',
    );
  }
  t.throws(() => named('x', { type: 'hardlink', linkname: fromUtf8('/') }), { code: 'LAYER_UNSAFE' });
  t.throws(() => named('x', { type: 'hardlink', linkname: fromUtf8('') }), { code: 'LAYER_UNSAFE' });
  t.throws(() => named('x', { type: 'hardlink', linkname: fromUtf8('./x') }), { code: 'LAYER_INVALID' });
  t.throws(() => named('x', { type: 'hardlink', linkname: fromUtf8('a/.wh.b') }), { code: 'LAYER_UNSAFE' });
});

test('whiteouts are deletions, whatever their type', (t) => {
  for (const type of ['file', 'dir', 'symlink', 'hardlink', 'char'] as const) {
    t.deepEqual(named('a/.wh.b', { type }), { kind: 'whiteout', path: fromUtf8('a/b') });
    t.deepEqual(named('./.wh..wh..opq', { type }), { kind: 'opaque', path: fromUtf8('') });
  }
  t.deepEqual(named('a/b/.wh..wh..opq'), { kind: 'opaque', path: fromUtf8('a/b') });
  t.deepEqual(named('.wh..hidden'), { kind: 'whiteout', path: fromUtf8('.hidden') });
  t.deepEqual(named('.wh.x.wh.y'), { kind: 'whiteout', path: fromUtf8('x.wh.y') });
});

test('whiteouts that would delete the wrong thing are refused', (t) => {
  for (const name of [
    '.wh.',
    '.wh..',
    '.wh...',
    'a/.wh.',
    'a/.wh..',
    'a/.wh...',
    '.wh.a/b',
    'a/.wh.b/.wh..wh..opq',
  ]) {
    t.throws(() => named(name), { code: 'LAYER_UNSAFE' }, name);
  }
});

test('AUFS metadata has no meaning', (t) => {
  for (const name of [
    '.wh..wh.aufs',
    '.wh..wh.plnk',
    'a/.wh..wh.plnk/12.34',
    '.wh..wh.orph',
    'a/.wh..wh.x',
    '.wh..wh.',
    '.wh..wh..',
  ]) {
    t.is(named(name), undefined, name);
  }
});

test('in archives that are no layers, such names are names', (t) => {
  for (const name of ['.wh.a', '.wh..wh..opq', 'a/.wh.', '.wh.a/b']) {
    t.is(named(name, {}, { whiteouts: false })?.kind, 'node');
    t.is(named(name, {}, { whiteouts: false })?.path, name as ByteString);
  }
});

test('what AUFS kept for hard links is there for them', (t) => {
  const kept = '.wh..wh.plnk/12.34' as ByteString;
  t.like(named(kept), { kind: 'node', path: kept });
  t.is(named(kept, { type: 'dir' }), undefined);
  t.deepEqual(named('x', { type: 'hardlink', linkname: `./${kept}` as ByteString }), {
    kind: 'hardlink',
    path: fromUtf8('x'),
    target: kept,
  });
});

test('the header of a further name says what the object is like', (t) => {
  const entry = named('x', { type: 'hardlink', linkname: fromUtf8('y'), mode: 0o104755, uid: 3, mtime: 7 });
  t.like(entry, { node: { mode: 0o4755, uid: 3, mtime: 7 } });
});

test('what no file system holds is refused by name', (t) => {
  const meanings = {
    V: /86 \("V": a volume label\)/,
    M: /77 .*another volume/,
    S: /83 .*sparse/,
    Z: /90 .*unknown/,
  };
  for (const [typeflag, message] of Object.entries(meanings))
    t.throws(() => named('x', { type: 'other', typeflag }), { code: 'LAYER_INVALID', message });
});
