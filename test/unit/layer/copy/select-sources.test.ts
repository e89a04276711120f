import test from 'ava';
import fc from 'fast-check';
import { toUtf8, type ByteString } from '../../../../src/core/bytes.js';
import type { TsbuildError } from '../../../../src/core/errors.js';
import {
  requireSources,
  selectSources,
  type SourceRequest,
} from '../../../../src/layer/copy/select-sources.js';
import { copied, copyEntriesOf, dir, file, paths, show, symlink, tree, b, type Sketch } from './tree-text.js';

const REQUEST = { wildcards: 'expand', origin: 'context' } as const;

function selected(sketch: Sketch, sources: string, extra: Partial<SourceRequest> = {}): string[] {
  const request = { ...REQUEST, sources: sources.split(' ').map((source) => b(source)), ...extra };
  return selectSources(tree(sketch), request).sources.map(({ path }) => toUtf8(path));
}

function failure(run: () => unknown): string {
  try {
    run();
  } catch (error) {
    return `${(error as TsbuildError).code} ${(error as Error).message}`;
  }
  return 'no error';
}

test('a source is joined to / and cleaned: ../x and /x are x of the context', (t) => {
  t.deepEqual(selected({ f: 'x' }, '../f /f f/ ./a/../f'), ['f', 'f', 'f', 'f']);
});

test('a missing name fails with the text of BuildKit', (t) => {
  const message =
    'failed to compute cache key: failed to calculate checksum of ref context: "/nofile": not found';
  t.is(
    failure(() => selected({ f: 'x' }, 'f nofile')),
    `COPY_NOT_FOUND ${message}`,
  );
  t.regex(
    failure(() => selected({ f: 'x' }, 'f/x')),
    /COPY_NOT_FOUND .*"\/f\/x": not found/,
  );
  t.regex(
    failure(() => selected({ dead: symlink('gone') }, 'dead')),
    /"\/dead": not found/,
  );
  t.regex(
    failure(() => selected({ dead: symlink('gone') }, '*')),
    /"\/dead": not found/,
  );
  t.regex(
    failure(() => selected({ a: symlink('c'), c: symlink('a') }, 'a')),
    /too many links/,
  );
});

test('a wildcard that matches nothing is no error and makes no destination', (t) => {
  t.deepEqual(selected({ f: 'x' }, 'f nomatch*'), ['f']);
  t.deepEqual(copyEntriesOf({ from: tree({ f: 'x' }), args: 'nomatch* /o/' }), []);
  t.is(
    failure(() => selected({ f: 'x' }, 'gone/*')),
    'COPY_NOT_FOUND lstat /gone: no such file or directory',
  );
  t.deepEqual(selected({ f: 'x' }, 'f/*'), []);
});

test('wildcards: whole components, dotfiles, order of a walk, matched directories not entered, links not entered', (t) => {
  const sketch = { 'z/a.go': '1', 'b/a.go': '2', 'b/c/a.go': '3', '.x': '4', y: '5', l: symlink('b') };
  t.deepEqual(selected(sketch, '*'), ['.x', 'b', 'b', 'y', 'z']);
  t.deepEqual(selected(sketch, '*/a.go'), ['b/a.go', 'z/a.go']);
  t.deepEqual(selected(sketch, 'b/*/a.go'), ['b/c/a.go']);
  t.deepEqual(selected(sketch, 'l/*.go'), ['b/a.go'], 'links before the wildcard are followed');
  t.deepEqual(selected(sketch, '[y-z]'), ['y', 'z']);
  t.deepEqual(selected({ 'a*b': '1', axb: '2', '[c]': '3' }, 'a[*]b [[]c]'), ['a*b', '[c]']);
  t.is(
    failure(() => selected(sketch, '[')),
    'DOCKERFILE_SYNTAX syntax error in pattern',
  );
});

test('names that the builder made are taken literally', (t) => {
  t.deepEqual(selected({ 'a*': '1', ab: '2' }, 'a*', { wildcards: 'literal' }), ['a*']);
});

test('--exclude: relative to each source directory; *.txt does not reach subdirectories', (t) => {
  const from = tree({ 'd/a.txt': '1', 'd/s/c.txt': '2', 'd/k': '3' });
  const copy = (excludes: string[], args = 'd /o'): string[] =>
    paths(copyEntriesOf({ from, args, select: { excludes } }));
  t.deepEqual(copy(['*.txt']), ['o', 'o/k', 'o/s', 'o/s/c.txt']);
  t.deepEqual(copy(['**/*.txt']), ['o', 'o/k', 'o/s']);
  t.deepEqual(copy(['s']), ['o', 'o/a.txt', 'o/k']);
  t.deepEqual(copy(['s', '!s/c.txt']), ['o', 'o/a.txt', 'o/k', 'o/s', 'o/s/c.txt']);
  t.deepEqual(copy(['*', '!k']), ['o', 'o/k']);
  t.deepEqual(copy(['a.txt'], 'd/a.txt /o'), ['o'], 'a source that is a file is not filtered');
  t.is(
    failure(() => copy(['['])),
    'IGNORE_SYNTAX syntax error in pattern',
  );
});

test('a directory that is only re-included keeps its place: mode of the source over an existing one, owner kept', (t) => {
  const from = tree({ d: dir(), 'd/s': dir(0o700, { uid: 3 }), 'd/s/k': '1' });
  const to = tree({ o: dir(), 'o/s': dir(0o777, { uid: 9 }) });
  const select = { excludes: ['s', '!s/k'] };
  t.deepEqual(show(copied({ from, to, args: 'd /o', select })), [
    'dir 755 0:0 /o',
    'dir 700 9:0 /o/s',
    'file 644 0:0 /o/s/k "1"',
  ]);
  t.deepEqual(show(copied({ from, args: 'd /o', select })), [
    'dir 755 0:0 /o',
    'dir 700 3:0 /o/s',
    'file 644 0:0 /o/s/k "1"',
  ]);
});

test('--parents keeps the path; /./ is the pivot; wildcards and **', (t) => {
  const from = tree({
    'x/y/a.txt': '1',
    'x/y/b.go': '2',
    'x/z/c.txt': '3',
    'w/c.txt': '4',
    x: dir(0o700, { uid: 5 }),
  });
  const copy = (args: string): string[] => paths(copyEntriesOf({ from, args, select: { isParents: true } }));
  t.deepEqual(copy('x/y/a.txt /p/'), ['p', 'p/x', 'p/x/y', 'p/x/y/a.txt']);
  t.deepEqual(copy('./x/./y/*.txt /p/'), ['p', 'p/y', 'p/y/a.txt']);
  t.deepEqual(copy('**/c.txt /p/'), ['p', 'p/w', 'p/w/c.txt', 'p/x', 'p/x/z', 'p/x/z/c.txt']);
  t.deepEqual(copy('x/*/*.txt /p'), ['p', 'p/x', 'p/x/y', 'p/x/y/a.txt', 'p/x/z', 'p/x/z/c.txt']);
  t.deepEqual(copy('x/y /p'), ['p', 'p/x', 'p/x/y', 'p/x/y/a.txt', 'p/x/y/b.go']);
  t.deepEqual(copy('*/nothing /p/'), ['p'], 'the destination is made all the same');
  t.deepEqual(copy('x/./. /p'), ['p', 'p/y', 'p/y/a.txt', 'p/y/b.go', 'p/z', 'p/z/c.txt']);
  t.regex(
    failure(() => copy('x/gone /p/')),
    /"\/x\/gone": not found/,
  );
  const parents = show(copied({ from, args: 'x/y/a.txt /p/', select: { isParents: true } }));
  t.true(parents.includes('dir 700 5:0 /p/x'), "parents get the source directories' metadata");
});

const name = fc.constantFrom('a', 'b', '..', '.', '*', 'l', '?', '[ab]', 'up', 'top');

test('what is required before anything is selected is what the selection would miss', (t) => {
  const view = tree({ 'a/b': '1', 'a/l': symlink('../b'), b: '2', l: symlink('a'), top: symlink('/gone') });
  const outcome = (run: (view: unknown) => unknown): string => failure(() => void run(view));
  const property = fc.property(
    fc.array(fc.constantFrom('a', 'b', 'l', 'top', '.', '..', '*'), { minLength: 1, maxLength: 4 }),
    fc.boolean(),
    (parts, isParents) => {
      const request = { ...REQUEST, sources: [b(parts.join('/'))], isParents };
      const early = outcome(() => requireSources(view, request));
      const late = outcome(() => selectSources(view, request));
      // A pattern may match a link that leads nowhere: only the selection finds that.
      return early === late || (early === 'no error' && parts.includes('*'));
    },
  );
  t.notThrows(() => fc.assert(property));
});

test('no source leaves the tree', (t) => {
  const sketch = {
    'a/b': '1',
    'b/a/l': symlink('../../../../a'),
    l: symlink('/../b'),
    up: symlink('../..'),
    top: symlink('/'),
  };
  fc.assert(
    fc.property(
      fc.array(name, { maxLength: 6 }),
      fc.boolean(),
      fc.boolean(),
      (parts, isAbsolute, isParents) => {
        const view = tree(sketch);
        const source = b(`${isAbsolute ? '/' : ''}${parts.join('/')}`);
        try {
          const { sources } = selectSources(view, { ...REQUEST, sources: [source], isParents });
          for (const { path, entries } of sources) {
            if (path.split('/').includes('..') || path.startsWith('/') || !view.get(path)) return false;
            const isClean = ({ path: below }: { path: ByteString }): boolean =>
              !/(^|\/)(\.\.?)?(\/|$)/.test(below || 'x');
            if (!entries.every(isClean)) return false;
          }
          return true;
        } catch (error) {
          return (error as TsbuildError).code === 'COPY_NOT_FOUND';
        }
      },
    ),
    { numRuns: 500 },
  );
  t.pass();
});

test('names that are not UTF-8 survive', (t) => {
  const odd = 'a\xff' as ByteString;
  const view = tree({ [odd]: file('x') });
  const entries = selectSources(view, { ...REQUEST, sources: [b('')] }).sources[0]!.entries;
  t.is(entries.length, 2);
});
