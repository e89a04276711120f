// What the vectors do not hold: options, patterns, hostile words.
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { expandHeredocBody, expandWord, expandWords } from '../../../src/parser/expand-word.js';

const VALUES: Readonly<Record<string, string>> = {
  str: 'foobarbaz',
  e: '',
  nl: 'a\nb',
  A: '1',
  dollars: '$1$$',
};
const environment = (name: string): string | undefined =>
  Object.hasOwn(VALUES, name) ? VALUES[name] : undefined;

function expand(word: string, options = {}): string {
  return expandWord(word, environment, options).text;
}

for (const [word, expected] of [
  ['${str#f*b}', 'arbaz'],
  ['${str##f*b}', 'az'],
  ['${str%b*}', 'foobar'],
  ['${str%%b*}', 'foo'],
  ['${str/ba/fo}', 'fooforbaz'],
  ['${str//ba/fo}', 'fooforfoz'],
  ['${str//?/x}', 'xxxxxxxxx'],
  ['${str//*/x}', 'x'],
  ['${str/*/x}', 'x'],
  ['${str#x}', 'foobarbaz'],
  ['${nl#?}', '\nb'],
  ['${nl##*}', '\nb'],
  ['${nl%%*}', 'a\n'],
  ['${e/x/y}', ''],
  ['${str/\\*/x}', 'foobarbaz'],
  ['${e-d}', ''],
  ['${e:-d}', 'd'],
  ['${u:-"a  b"}', 'a  b'],
  ['${u+w}|${e+w}|${e:+w}', '|w|'],
  ['$str$$x', 'foobarbazx'],
  ['\ufeffa', 'a'],
] as const) {
  test(`expands ${JSON.stringify(word)}`, (t) => t.is(expand(word), expected));
}

for (const [word, message] of [
  ['${u:?m}', 'failed to process "${u:?m}": u: m'],
  ['${e:?}', 'failed to process "${e:?}": e: is not allowed to be empty'],
  [
    '${str#\\x}',
    'failed to process "${str#\\\\x}": invalid pattern (\\x) in substitution: invalid escape \'\\x\'',
  ],
  ['${str', 'failed to process "${str": unsupported modifier (\ufffd) in substitution'],
  ['${str:-a', 'failed to process "${str:-a": syntax error: missing \'}\''],
] as const) {
  test(`refuses ${JSON.stringify(word)}`, (t) => {
    t.like(
      t.throws(() => expand(word), { instanceOf: TsbuildError }),
      { code: 'DOCKERFILE_EXPANSION', message },
    );
  });
}

test('the escape character of the file is honoured', (t) => {
  t.is(expand('`$A\\', { escape: '`' }), '$A\\');
  t.is(expand('"`$A \\x"', { escape: '`' }), '$A \\x');
});

test('raw quotes, raw escapes and unset variables can be kept', (t) => {
  t.is(expand(`'a' "b$A" \\c`, { isRawQuotes: true }), `'a' "b1" c`);
  t.is(expand('\\$A "\\$"', { isRawEscapes: true }), '\\$A \\$');
  t.is(
    expand('$u ${u} ${u:-x} ${u#p} ${u/a/b} $A', { skipUnset: true }),
    '$u ${u} ${u:-x} ${u#p} ${u/a/b} 1',
  );
});

test('in a heredoc body quotes are text and the escape gives a dollar', (t) => {
  t.is(expandHeredocBody("\"$A\" '$A' \\$A it's\n", environment).text, "\"1\" '1' $A it's\n");
});

test('words split at the white space of values, not at that in quotes', (t) => {
  t.deepEqual(expandWords('a "b c" $nl ${u}', environment).words, ['a', 'b c', 'a', 'b']);
  t.deepEqual(expandWords('', environment).words, []);
});

test('names met are reported', (t) => {
  const { matched, unmatched } = expandWord("$A ${u:-$v} '$w'", environment);
  t.deepEqual([[...matched], [...unmatched]], [['A'], ['v', 'u']]);
});

test('the replacement of // is a template as in Go, that of / is not', (t) => {
  t.is(expand('${str//ba/$dollars}'), 'foo$r$z');
  t.is(expand('${str/ba/$dollars}'), 'foo$1$$rbaz');
});

test('hostile words end soon and with the one error', (t) => {
  const deep = '${a:-'.repeat(20_000);
  t.throws(() => expand(deep), { instanceOf: TsbuildError, code: 'DOCKERFILE_EXPANSION' });
  const value = 'a'.repeat(2000);
  const slow = expandWord(`\${v##${'*a'.repeat(500)}b}`, () => value);
  t.is(slow.text, value);
  t.throws(() => expandWord(`\${v##${'*a'.repeat(30_000)}b}`, () => 'a'.repeat(60_000)), {
    code: 'DOCKERFILE_EXPANSION',
  });
});
