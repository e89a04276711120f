import test from 'ava';
import fc from 'fast-check';
import type { TreeNode } from '../../../../src/layer/entry.js';
import { digestSelection } from '../../../../src/layer/copy/selection-digest.js';
import { selectSources, type SourceRequest } from '../../../../src/layer/copy/select-sources.js';
import { dir, file, special, symlink, tree, b, type Sketch } from './tree-text.js';

function digest(sketch: Sketch, sources = 'd', extra: Partial<SourceRequest> = {}): string {
  const request = {
    wildcards: 'expand',
    origin: 'context',
    sources: sources.split(' ').map((s) => b(s)),
    ...extra,
  } as const;
  return digestSelection(selectSources(tree(sketch), request));
}

test('one sha256 in hex, the same for the same selection', (t) => {
  t.regex(digest({ 'd/f': 'x' }), /^[0-9a-f]{64}$/);
  t.is(digest({ 'd/f': 'x', 'd/g': 'y' }), digest({ 'd/g': 'y', 'd/f': 'x' }));
});

test('mtime is not in it, nor what is not selected, nor the name of the directory', (t) => {
  const plain = digest({ 'd/f': file('x') });
  t.is(digest({ 'd/f': file('x', { mtime: 99, mtimeNsec: 9 }) }), plain);
  t.is(digest({ 'd/f': 'x', other: 'y' }), plain);
  t.is(digest({ 'e/f': 'x' }, 'e'), plain);
  t.is(
    digest({ 'd/f': 'x', 'd/.git/x': 'y' }, 'd', { excludes: ['.git'] }),
    digest({ 'd/f': 'x' }, 'd', { excludes: ['.git'] }),
  );
});

const variants: [string, Sketch][] = [
  ['plain', { 'd/f': file('x') }],
  ['content', { 'd/f': file('y') }],
  ['name', { 'd/g': file('x') }],
  ['mode', { 'd/f': file('x', { mode: 0o755 }) }],
  ['uid', { 'd/f': file('x', { uid: 1 }) }],
  ['gid', { 'd/f': file('x', { gid: 1 }) }],
  ['xattr', { 'd/f': file('x', { xattrs: { 'user.a': b('1') } }) }],
  ['xattr value', { 'd/f': file('x', { xattrs: { 'user.a': b('2') } }) }],
  ['deeper', { 'd/f/x': file('x') }],
  ['link', { 'd/f': symlink('x') }],
  ['link text', { 'd/f': symlink('y') }],
  ['fifo', { 'd/f': special('fifo') }],
  ['char', { 'd/f': special('char', { devMajor: 1, devMinor: 2 }) }],
  ['block', { 'd/f': special('block', { devMajor: 1, devMinor: 2 }) }],
  ['device', { 'd/f': special('char', { devMajor: 1, devMinor: 3 }) }],
  ['device framed', { 'd/f': special('char', { devMajor: 11, devMinor: 3 }) }],
  ['two', { 'd/f': file('x'), 'd/g': file('x') }],
  ['hard link', { 'd/f': file('x'), 'd/g': '=d/f' }],
  ['three, first two linked', { 'd/f': file('x'), 'd/g': '=d/f', 'd/h': file('x') }],
  ['three, last two linked', { 'd/f': file('x'), 'd/g': file('x'), 'd/h': '=d/g' }],
  ['empty directory', { 'd/f': dir() }],
  ['mode of the top', { d: dir(0o700), 'd/f': file('x') }],
];

test('everything that a copy shows is in it', (t) => {
  const digests = variants.map(([, sketch]) => digest(sketch));
  t.is(new Set(digests).size, variants.length);
});

test('the name of a file counts, the way to it does not', (t) => {
  t.not(digest({ a: 'x', c: 'x' }, 'a'), digest({ a: 'x', c: 'x' }, 'c'));
  t.is(digest({ 'p/a': 'x' }, 'p/a'), digest({ 'q/a': 'x' }, 'q/a'));
  t.not(digest({ a: 'x', c: 'y' }, 'a c'), digest({ a: 'x', c: 'y' }, 'c a'));
  t.not(digest({ a: 'x' }, 'a no*'), digest({ a: 'x' }, 'a a'));
});

const nodeArbitrary: fc.Arbitrary<TreeNode> = fc.oneof(
  fc
    .tuple(fc.constantFrom('', 'x', 'xy'), fc.constantFrom(0o644, 0o755))
    .map(([text, mode]) => file(text, { mode })),
  fc.constantFrom('x', 'xy', '1:x').map((target) => symlink(target)),
  fc.constantFrom(0o700, 0o755).map((mode) => dir(mode)),
  fc.record({ 'user.a': fc.constantFrom(b('1'), b('12')) }).map((xattrs) => file('', { xattrs })),
);
const sketchArbitrary = fc.dictionary(fc.constantFrom('d/a', 'd/ab', 'd/b', 'd/c', 'd/3:'), nodeArbitrary, {
  minKeys: 1,
});

test('distinct selections have distinct digests', (t) => {
  const canonical = (sketch: Record<string, TreeNode>): string =>
    JSON.stringify(Object.entries(sketch).sort(([a], [z]) => (a < z ? -1 : 1)));
  fc.assert(
    fc.property(sketchArbitrary, sketchArbitrary, (one, other) => {
      return (digest(one) === digest(other)) === (canonical(one) === canonical(other));
    }),
    { numRuns: 500 },
  );
  t.pass();
});
