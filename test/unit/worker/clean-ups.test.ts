import test from 'ava';
import { createCleanUps } from '../../../src/worker/clean-ups.js';

test('one that fails skips none of the others, and all failures are given', (t) => {
  const done: string[] = [];
  const cleanUps = createCleanUps();
  cleanUps.add(() => void done.push('first'));
  cleanUps.add(() => {
    throw new Error('busy');
  });
  cleanUps.add(() => void done.push('last'));
  const failures = cleanUps.run();
  t.deepEqual(done, ['last', 'first']);
  t.deepEqual(failures.map(String), ['Error: busy']);
  t.deepEqual(cleanUps.run(), []);
});
