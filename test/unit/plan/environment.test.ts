import test from 'ava';
import { lookup, setAtEnd, setInPlace } from '../../../src/plan/environment.js';

test('the config replaces a variable where it stands, a RUN gets it at the end', (t) => {
  const env = ['A=1', 'B=2'];
  t.deepEqual(setInPlace(env, 'A', '3'), ['A=3', 'B=2']);
  t.deepEqual(setAtEnd(env, 'A', '3'), ['B=2', 'A=3']);
  t.deepEqual(setInPlace(env, 'C', ''), ['A=1', 'B=2', 'C=']);
});

test('a value may hold equals signs, an unset variable is undefined', (t) => {
  t.is(lookup(['A=b=c'], 'A'), 'b=c');
  t.is(lookup(['A='], 'A'), '');
  t.is(lookup(['AB=1'], 'A'), undefined);
});
