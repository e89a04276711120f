// Names and words of failed system calls.
import { readFileSync } from 'node:fs';
import test from 'ava';
import { errnoOf, errnoWords } from '../../../src/core/errno.js';

function failure(path: string): unknown {
  try {
    return readFileSync(path);
  } catch (error) {
    return error;
  }
}

test('the name and the words of a failure of node:fs', (t) => {
  const error = failure('/nowhere/at/all');
  t.is(errnoOf(error), 'ENOENT');
  t.is(errnoWords(error), 'no such file or directory');
});

test('a name without words is told itself; an error without a name has neither', (t) => {
  const error = Object.assign(new Error(), { code: 'EOTHER' });
  t.is(errnoWords(error), 'EOTHER');
  for (const other of [new Error('a'), 'ENOENT', undefined, null, Object.assign(new Error(), { code: 5 })]) {
    t.is(errnoOf(other), undefined);
    t.is(errnoWords(other), undefined);
  }
});
