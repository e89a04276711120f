import test from 'ava';
import fc from 'fast-check';
import { containsWildcards, goMatch } from '../../../../src/layer/copy/go-match.js';
import { b } from './tree-text.js';

// The vectors of Go's path/filepath/match_test.go; undefined = ErrBadPattern.
const VECTORS: [string, string, boolean | undefined][] = [
  ['abc', 'abc', true],
  ['*', 'abc', true],
  ['*c', 'abc', true],
  ['a*', 'a', true],
  ['a*', 'abc', true],
  ['a*', 'ab/c', false],
  ['a*/b', 'abc/b', true],
  ['a*/b', 'a/c/b', false],
  ['a*b*c*d*e*/f', 'axbxcxdxe/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/f', true],
  ['a*b*c*d*e*/f', 'axbxcxdxe/xxx/f', false],
  ['a*b*c*d*e*/f', 'axbxcxdxexxx/fff', false],
  ['a*b?c*x', 'abxbbxdbxebxczzx', true],
  ['a*b?c*x', 'abxbbxdbxebxczzy', false],
  ['ab[c]', 'abc', true],
  ['ab[b-d]', 'abc', true],
  ['ab[e-g]', 'abc', false],
  ['ab[^c]', 'abc', false],
  ['ab[^b-d]', 'abc', false],
  ['ab[^e-g]', 'abc', true],
  ['a\\*b', 'a*b', true],
  ['a\\*b', 'ab', false],
  ['a?b', 'a☺b', true],
  ['a[^a]b', 'a☺b', true],
  ['a???b', 'a☺b', false],
  ['a[^a][^a][^a]b', 'a☺b', false],
  ['[a-ζ]*', 'α', true],
  ['*[a-ζ]', 'A', false],
  ['a?b', 'a/b', false],
  ['a*b', 'a/b', false],
  ['[\\]a]', ']', true],
  ['[\\-]', '-', true],
  ['[x\\-]', 'x', true],
  ['[x\\-]', '-', true],
  ['[x\\-]', 'z', false],
  ['[\\-x]', 'x', true],
  ['[\\-x]', '-', true],
  ['[\\-x]', 'a', false],
  ['[]a]', ']', undefined],
  ['[-]', '-', undefined],
  ['[x-]', 'x', undefined],
  ['[x-]', '-', undefined],
  ['[x-]', 'z', undefined],
  ['[-x]', 'x', undefined],
  ['[-x]', '-', undefined],
  ['[-x]', 'a', undefined],
  ['\\', 'a', undefined],
  ['[a-b-c]', 'a', undefined],
  ['[', 'a', undefined],
  ['[^', 'a', undefined],
  ['[^bc', 'a', undefined],
  ['a[', 'a', undefined],
  ['a[', 'ab', undefined],
  ['a[', 'x', undefined],
  ['a/b[', 'x', undefined],
  ['*x', 'xxx', true],
  ['a[^b]c', 'a/c', true],
];

for (const [pattern, name, expected] of VECTORS) {
  test(`${JSON.stringify(pattern)} on ${JSON.stringify(name)}`, (t) => {
    const run = (): boolean => goMatch(b(pattern), b(name));
    if (expected === undefined)
      t.throws(run, { message: 'syntax error in pattern', code: 'DOCKERFILE_SYNTAX' });
    else t.is(run(), expected);
  });
}

test('containsWildcards sees only what is not escaped', (t) => {
  t.deepEqual(['a', 'a*', '?', '[', '\\*', '\\\\*', 'a\\'].map(containsWildcards), [
    false,
    true,
    true,
    true,
    false,
    true,
    false,
  ]);
});

const text = fc
  .array(fc.constantFrom('a', 'b', '/', 'é', '-'), { maxLength: 8 })
  .map((parts) => parts.join(''));

test('a name with everything special escaped matches itself alone', (t) => {
  const escape = (name: string): string => name.replace(/[*?[\]\\^-]/g, '\\$&');
  fc.assert(fc.property(text, text, (one, other) => goMatch(b(escape(one)), b(other)) === (one === other)));
  t.pass();
});

test('stars and question marks are what the regular expression says', (t) => {
  const pattern = fc
    .array(fc.constantFrom('a', 'b', '/', 'é', '*', '?'), { maxLength: 8 })
    .map((parts) => parts.join(''));
  const expression = (glob: string): RegExp =>
    new RegExp(`^${glob.replaceAll('*', '[^/]*').replaceAll('?', '[^/]')}$`, 'u');
  fc.assert(
    fc.property(pattern, text, (glob, name) => goMatch(b(glob), b(name)) === expression(glob).test(name)),
  );
  t.pass();
});
