// A place in a word.
import test from 'ava';
import fc from 'fast-check';
import { WordScanner } from '../../../src/parser/word-scanner.js';

test('characters come one by one, whole, without a byte order mark in front', (t) => {
  const property = fc.property(fc.string({ unit: 'binary' }), (text) => {
    const scanner = new WordScanner(`\ufeff${text}`);
    const read: string[] = [];
    for (let ch = scanner.next(); ch !== undefined; ch = scanner.next()) read.push(ch);
    return read.join('') === text && read.length === [...text].length;
  });
  fc.assert(property);
  t.pass();
});

test('names: digits, one special character, or letters with digits', (t) => {
  for (const [text, name] of [
    ['12a', '12'],
    ['?x', '?'],
    ['a_1-b', 'a_1'],
    ['é', 'é'],
    ['-', '-'],
    ['.', ''],
    ['', ''],
  ] as const)
    t.is(new WordScanner(text).takeName(), name, text);
});

test('runs of characters', (t) => {
  const scanner = new WordScanner("ab$c'd'e");
  t.is(scanner.takeUntil(/\$/g), 'ab');
  t.is(scanner.takeUntil(/\$/g, 'c'), '$');
  t.true(scanner.skip('c'));
  t.false(scanner.skip('c'));
  t.true(scanner.skip("'"));
  t.is(scanner.takeThrough("'"), 'd');
  t.is(scanner.takeThrough("'"), undefined);
  t.is(scanner.peek(), 'e');
});
