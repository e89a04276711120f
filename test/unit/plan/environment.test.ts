import test from 'ava';
import { listOf, lookup, replaceInList, variablesOf } from '../../../src/plan/environment.js';
import { OrderedTable } from '../../../src/plan/ordered-table.js';

function replaced(list: readonly string[], ...changes: [string, string][]): string[] {
  return replaceInList(list, OrderedTable.of('stays', changes));
}

test('the config replaces a variable where it stands, a RUN gets it at the end', (t) => {
  const env = ['A=1', 'B=2'];
  t.deepEqual(replaced(env, ['A', '3']), ['A=3', 'B=2']);
  t.deepEqual(listOf(variablesOf(env).with([['A', '3']])), ['B=2', 'A=3']);
  t.deepEqual(replaced(env, ['C', '']), ['A=1', 'B=2', 'C=']);
  t.deepEqual(replaced(env, ['C', '1'], ['D', '2'], ['C', '3']), ['A=1', 'B=2', 'C=3', 'D=2']);
});

test('of a variable that an image has twice the first is replaced', (t) => {
  t.deepEqual(replaced(['A=1', 'A=2'], ['A', '3']), ['A=3', 'A=2']);
  t.deepEqual(listOf(variablesOf(['A=1', 'B=2', 'A=3'])), ['B=2', 'A=3']);
});

test('a value may hold equals signs, an unset variable is undefined', (t) => {
  t.is(lookup(['A=b=c'], 'A'), 'b=c');
  t.is(lookup(['A='], 'A'), '');
  t.is(lookup(['AB=1'], 'A'), undefined);
});
