// The values of substitutions.
import test from 'ava';
import { ExpansionFailure, modifiedValue, replacedValue } from '../../../src/parser/modified-value.js';

const value = (operator: string, word: string, given: string | undefined) =>
  modifiedValue({ name: 'a', operator, word }, given);

test('a word for an unset variable, and with a colon for an empty one', (t) => {
  t.deepEqual(
    [undefined, '', 'v'].map((given) => value('-', 'w', given)),
    ['w', '', 'v'],
  );
  t.deepEqual(
    [undefined, '', 'v'].map((given) => value(':-', 'w', given)),
    ['w', 'w', 'v'],
  );
  t.deepEqual(
    [undefined, '', 'v'].map((given) => value('+', 'w', given)),
    ['', 'w', 'w'],
  );
  t.deepEqual(
    [undefined, '', 'v'].map((given) => value(':+', 'w', given)),
    ['', '', 'w'],
  );
});

test('a variable that must be set', (t) => {
  t.is(value('?', '', ''), '');
  const failing = (operator: string, word: string, given?: string) =>
    t.throws(() => value(operator, word, given), { instanceOf: ExpansionFailure })?.message;
  t.is(failing('?', ''), 'a: is not allowed to be unset');
  t.is(failing(':?', '', ''), 'a: is not allowed to be empty');
  t.is(failing(':?', 'why', ''), 'a: why');
  t.is(failing('!', ''), 'unsupported modifier (!) in substitution');
});

test('the shortest or the longest match of a pattern is cut off; matches are replaced', (t) => {
  t.is(value('#', '*/', 'a/b/c'), 'b/c');
  t.is(value('#', '#*/', 'a/b/c'), 'c');
  t.is(value('%', '/*', 'a/b/c'), 'a/b');
  t.is(value('%', '%/*', 'a/b/c'), 'a');
  const replaced = (isAll: boolean) => replacedValue({ pattern: '?b', replacement: 'x', isAll }, 'abab');
  t.deepEqual([replaced(false), replaced(true)], ['xab', 'xx']);
});
