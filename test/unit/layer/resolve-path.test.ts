import test from 'ava';
import fc from 'fast-check';
import { resolvePath, tracePath } from '../../../src/layer/resolve-path.js';
import { cleanPath, joinPath, parentPath } from '../../../src/core/tree-path.js';
import { b, dir, symlink, tree, type Sketch } from './copy/tree-text.js';

const SKETCH: Sketch = {
  'usr/lib/x': 'x',
  lib: symlink('usr/lib'),
  abs: symlink('/usr/./lib//'),
  up: symlink('../../../usr'),
  'usr/self': symlink('.'),
  'usr/top': symlink('/'),
  empty: symlink(''),
  chain: symlink('chain2'),
  chain2: symlink('/lib'),
  dead: symlink('none/../gone/x'),
  loop: symlink('loop'),
  pair: symlink('pear'),
  pear: symlink('pair'),
  dir: dir(),
};

const resolve = (path: string, followLast = true): string =>
  resolvePath(tree(SKETCH), b(path), { followLast });

test('links are followed inside the root', (t) => {
  t.is(resolve('/lib/x'), 'usr/lib/x');
  t.is(resolve('abs/x'), 'usr/lib/x');
  t.is(resolve('up/lib'), 'usr/lib');
  t.is(resolve('usr/self/self/lib'), 'usr/lib');
  t.is(resolve('usr/top/usr'), 'usr');
  t.is(resolve('chain/x'), 'usr/lib/x');
  t.is(resolve('empty'), '');
  t.is(resolve('../..'), '');
  t.is(resolve(''), '');
});

test('what does not exist is kept as it is', (t) => {
  t.is(resolve('none/../lib/new/y'), 'usr/lib/new/y');
  t.is(resolve('dead'), 'gone/x');
  t.is(resolve('dir/a/b'), 'dir/a/b');
});

test('the last link is left alone when asked', (t) => {
  t.is(resolve('lib', false), 'lib');
  t.is(resolve('chain/x', false), 'usr/lib/x');
  t.is(resolve('/', false), '');
  t.is(resolve('loop', false), 'loop');
});

test('loops and files on the way are errors, as values too', (t) => {
  t.throws(() => resolve('loop'), { code: 'COPY_CONFLICT', message: '/loop: too many links' });
  t.throws(() => resolve('pair/x'), { message: '/pair/x: too many links' });
  t.throws(() => resolve('lib/x/y/z'), {
    code: 'COPY_CONFLICT',
    message: 'lstat /usr/lib/x/y: not a directory',
  });
  t.deepEqual(tracePath(tree(SKETCH), b('loop'), { followLast: true }), { kind: 'too-many-links' });
});

test('255 links are followed, 256 are not', (t) => {
  const chain = (length: number): Sketch =>
    Object.fromEntries(Array.from({ length }, (_, i) => [`l${i}`, symlink(`l${i + 1}`)]));
  t.is(resolvePath(tree(chain(255)), b('l0'), { followLast: true }), b('l255'));
  t.throws(() => resolvePath(tree(chain(256)), b('l0'), { followLast: true }), {
    message: '/l0: too many links',
  });
});

test('paths are cleaned as Go does', (t) => {
  const clean = (path: string): string => cleanPath(path);
  t.deepEqual(['', '.', '/', '/.', 'a/../..'].map(clean), ['', '', '', '', '']);
  t.deepEqual(['//a//b/', '../a', 'a/./b', 'a/..b'].map(clean), ['a/b', 'a', 'a/b', 'a/..b']);
  t.is(parentPath(b('a')), b(''));
  t.is(parentPath(b('a/b')), b('a'));
  t.is(joinPath(b('a'), b('')), b('a'));
});

const part = fc.constantFrom('a', 'b', '..', '.', '', 'c');
const text = fc
  .tuple(fc.constantFrom('', '/'), fc.array(part, { maxLength: 6 }))
  .map(([root, parts]) => root + parts.join('/'));

test('no way leads out of the root, and what it leads to has no links in it', (t) => {
  fc.assert(
    fc.property(fc.dictionary(fc.constantFrom('a', 'b/a', 'b/b', 'c'), text), text, (links, path) => {
      const view = tree(
        Object.fromEntries(Object.entries(links).map(([at, target]) => [at, symlink(target)])),
      );
      const trace = tracePath(view, b(path), { followLast: true });
      if (trace.kind !== 'path') return true;
      const parts = trace.path.split('/');
      const prefixes = parts.map((_, i) => b(parts.slice(0, i + 1).join('/')));
      return (
        cleanPath(trace.path) === trace.path &&
        prefixes.every((prefix) => view.get(prefix)?.type !== 'symlink')
      );
    }),
    { numRuns: 1000 },
  );
  t.pass();
});
