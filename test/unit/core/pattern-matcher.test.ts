import test from 'ava';
import fc from 'fast-check';
import { compilePatterns, type MatchState } from '../../../src/core/pattern-matcher.js';
import { TsbuildError } from '../../../src/core/errors.js';

/** As moby/patternmatcher has it: patterns, ignored paths, kept paths. */
const TABLE: readonly (readonly [string[], string[], string[]])[] = [
  [['*.md', '!README.md'], ['a.md'], ['README.md', 'd/a.md']],
  [['*.md', '!README*.md', 'README-secret.md'], ['README-secret.md'], ['README-x.md']],
  [['**/*.md'], ['a.md', 'd/a.md', 'd/e/a.md'], ['a.txt']],
  [['dir', '!dir/keep'], ['dir/a'], ['dir/keep', 'dir/keep/x']],
  [['dir/*', '!dir/keep'], ['dir/a/b'], ['dir', 'dir/keep']],
  [['*', '!src'], ['other'], ['src/a/b']],
  [['*', '!src/**/*.go'], ['src/b/c.txt'], ['src/a.go', 'src/b/c.go']],
  [['a/b/', '!a/b/c', 'a/b/c/d'], ['a/b/x', 'a/b/c/d'], ['a/b/c/e']],
  [['foo'], ['foo/x'], ['d/foo']],
  [['**/foo'], ['d/foo/x', 'foo'], ['d/xfoo']],
  [['a?c'], ['abc', 'aéc', 'a😀c'], ['a/c']],
  [['a\\*b'], ['a*b'], ['axb']],
  [['a{b,c}'], ['a{b,c}'], ['ab', 'ac']],
  [[' #x'], ['#x'], ['x']],
  [['foo/**'], ['foo/x', 'foo/x/y'], ['foo']],
  [['a**b'], ['ab', 'ax/b', 'a/b'], ['axb']],
  [['**'], ['a', 'a/b'], []],
  [['[a-c]'], ['a', 'c/x'], ['d']],
  [['[^a]'], ['b'], ['a']],
  [['**/a/**/b/**/c/**/d'], ['a/b/c/d', 'x/a/1/2/b/c/3/d'], ['a/b/c/x', 'a/c/b/d']],
  [['a*b*c*d*e'], ['abcde', 'a1b2c3d4e'], ['a/bcde', 'abcd']],
];

for (const [patterns, ignored, kept] of TABLE) {
  test(`patterns ${JSON.stringify(patterns)}`, (t) => {
    const matcher = compilePatterns(patterns);
    for (const path of ignored) t.true(matcher.isMatch(path), path);
    for (const path of kept) t.false(matcher.isMatch(path), path);
    for (const path of [...ignored, ...kept])
      t.is(walkTo(matcher, path).isMatched, matcher.isMatch(path), `walk ${path}`);
  });
}

/** Go's regular expression dialect shows through patternmatcher. */
const GO_QUIRKS: readonly (readonly [string, string[], string[]])[] = [
  ['\\d', ['7'], ['d']],
  ['[[:digit:]x]y', ['7y', 'xy'], ['zy']],
  ['[[:^digit:]]y', ['zy'], ['7y']],
  ['a[*]', ['a[]', 'a]', 'a^^]'], ['a*']],
  ['x\\x41', ['xA'], ['xx41']],
  ['x\\101', ['xA'], ['x101']],
  ['\\pLz', ['éz'], ['1z']],
  ['a+(b)|$', ['a+(b)|$'], ['ab']],
  ['?^', [], ['a^', 'a']],
  ['[\\]]', [']'], ['a']],
  ['[\\-x]', ['-', 'x'], ['y']],
  ['\\Qab', ['ab$', 'ab$more'], ['ab']],
];

for (const [pattern, matched, others] of GO_QUIRKS) {
  test(`Go quirk ${pattern}`, (t) => {
    const matcher = compilePatterns([pattern]);
    for (const path of matched) t.true(matcher.isMatch(path), path);
    for (const path of others) t.false(matcher.isMatch(path), path);
  });
}

test('malformed patterns are refused', (t) => {
  for (const bad of [
    '[',
    'a[',
    '[]',
    '[]a]',
    '[^]',
    'a\\',
    '[a',
    '[a-]',
    '[-a]',
    '[\\',
    '\\k',
    '\\8',
    '[z-a]',
    '\\é',
    '[[:nope:]x]',
  ]) {
    const error = t.throws(() => compilePatterns([bad]), { instanceOf: TsbuildError }, bad);
    t.is(error?.code, 'IGNORE_SYNTAX');
    t.is(error?.message, 'syntax error in pattern');
  }
  t.is(t.throws(() => compilePatterns(['a', '!']))?.message, 'illegal exclusion pattern: "!"');
});

test('the root is never matched', (t) => {
  const matcher = compilePatterns(['*', '**', '.', '/']);
  t.false(matcher.isMatch(''));
  t.false(matcher.isMatch('.'));
});

test('explain names the pattern that decided, as written', (t) => {
  const matcher = compilePatterns(['*.log', '', ' ./dir/ ', '!dir/keep', 'dir/keep/not']);
  t.is(matcher.explain('a.log'), '*.log');
  t.is(matcher.explain('dir/x'), ' ./dir/ ');
  t.is(matcher.explain('dir/keep'), undefined);
  t.is(matcher.explain('dir/keep/not/x'), 'dir/keep/not');
  t.is(matcher.explain('other'), undefined);
});

test('a walk ignores what BuildKit ignores where MatchesOrParentMatches would not', (t) => {
  const matcher = compilePatterns(['a/b', '!a']);
  t.false(matcher.isMatch('a/b'));
  t.true(walkTo(matcher, 'a/b').isMatched);
});

test('pruning: only directories that no exception can reach', (t) => {
  t.false(compilePatterns(['*']).couldReincludeBelow('a'));
  const prefix = compilePatterns(['*', '!a/b/**']);
  t.true(prefix.hasNegation);
  t.true(prefix.couldReincludeBelow('a'));
  t.true(prefix.couldReincludeBelow('a/b'));
  t.false(prefix.couldReincludeBelow('ab'));
  t.true(compilePatterns(['*', '!**/x']).couldReincludeBelow('anything'));
});

test('many wildcards do not blow up', (t) => {
  const name = 'a'.repeat(255);
  t.false(compilePatterns([`${'a*'.repeat(40)}b`]).isMatch(name));
  t.false(compilePatterns([`${'**/a/'.repeat(20)}b`]).isMatch('a/'.repeat(500) + 'c'));
  t.true(compilePatterns([`${'**/'.repeat(50)}x`]).isMatch('a/'.repeat(100) + 'x'));
});

const piece = fc.constantFrom(
  'a',
  'b',
  '/',
  '*',
  '**',
  '?',
  '[',
  ']',
  '^',
  '-',
  '\\',
  '.',
  '!',
  '{',
  '(',
  ' ',
  'é',
  'd',
  ':',
  '0',
);
const patternText = fc.oneof(
  fc.array(piece, { maxLength: 12 }).map((parts) => parts.join('')),
  fc.string({ unit: 'binary' }),
);
const pathText = fc
  .array(
    fc.array(fc.constantFrom('a', 'b', 'é', '-', ']'), { minLength: 1, maxLength: 4 }).map((c) => c.join('')),
    {
      minLength: 1,
      maxLength: 5,
    },
  )
  .map((parts) => parts.join('/'));

test('nothing but TsbuildError is thrown, and matching never throws', (t) => {
  fc.assert(
    fc.property(fc.array(patternText, { maxLength: 4 }), pathText, (patterns, path) => {
      try {
        const matcher = compilePatterns(patterns);
        matcher.isMatch(path);
        walkTo(matcher, path);
        matcher.explain(path);
        matcher.couldReincludeBelow(path);
      } catch (error) {
        return error instanceof TsbuildError;
      }
      return true;
    }),
    { numRuns: 3000 },
  );
  t.pass();
});

/** A reference by recursion over characters, for literals, `*`, `?` and whole-component `**`. */
function globMatches(pattern: readonly string[], path: readonly string[]): boolean {
  const [head, ...rest] = pattern;
  if (head === undefined) return path.length === 0;
  if (head === '**/')
    return globMatches(rest, path) || path.some((c, i) => c === '/' && globMatches(rest, path.slice(i + 1)));
  const [char, ...left] = path;
  if (head === '*')
    return globMatches(rest, path) || (char !== undefined && char !== '/' && globMatches(pattern, left));
  if (char === undefined) return false;
  return (head === '?' ? char !== '/' : head === char) && globMatches(rest, left);
}

test('equals a naive reference on simple patterns', (t) => {
  const simple = fc
    .array(fc.array(fc.constantFrom('a', 'b', '*', '?', '.'), { minLength: 1, maxLength: 4 }), {
      minLength: 1,
      maxLength: 4,
    })
    .chain((parts) =>
      fc.tuple(
        fc.constant(parts),
        fc.array(fc.boolean(), { minLength: parts.length, maxLength: parts.length }),
      ),
    );
  fc.assert(
    fc.property(simple, pathText, ([parts, deep], path) => {
      const clean = parts.map((part) => part.filter((c, i) => !(c === '*' && part[i - 1] === '*')));
      if (clean.some((part) => /^\.+$/.test(part.join('')))) return true;
      const tokens = clean.flatMap((part, i) => [
        ...(i > 0 ? ['/'] : []),
        ...(deep[i] ? ['**/'] : []),
        ...part,
      ]);
      const matcher = compilePatterns([tokens.join('')]);
      const prefixes = path.split('/').map((_, i, all) => all.slice(0, i + 1).join('/'));
      return matcher.isMatch(path) === prefixes.some((prefix) => globMatches(tokens, [...prefix]));
    }),
    { numRuns: 2000 },
  );
  t.pass();
});

function walkTo(matcher: ReturnType<typeof compilePatterns>, path: string): MatchState {
  const parts = path.split('/');
  let state: MatchState | undefined;
  for (let i = 1; i <= parts.length; i++) state = matcher.matchChild(parts.slice(0, i).join('/'), state);
  return state!;
}
