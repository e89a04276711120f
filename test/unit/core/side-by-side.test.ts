// Some items at a time, in order, and none after a failure.
import test from 'ava';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { sideBySide } from '../../../src/core/side-by-side.js';

test('every item is worked on, and no more than the limit at a time', async (t) => {
  const begun: number[] = [];
  let [running, most] = [0, 0];
  await sideBySide([0, 1, 2, 3, 4, 5, 6], 3, async (item) => {
    begun.push(item);
    most = Math.max(most, ++running);
    for (let turn = 0; turn <= item % 3; turn++) await nextTurn();
    running--;
  });
  t.deepEqual(begun, [0, 1, 2, 3, 4, 5, 6]);
  t.is(most, 3);
  t.is(running, 0);
  await sideBySide([], 3, async () => t.fail('there is nothing'));
});

test('nothing is begun after a failure', async (t) => {
  const begun: number[] = [];
  const working = sideBySide([0, 1, 2, 3], 2, async (item) => {
    begun.push(item);
    await nextTurn();
    if (item === 0) throw new Error('no');
    await nextTurn();
  });
  await t.throwsAsync(working, { message: 'no' });
  for (let turn = 0; turn < 5; turn++) await nextTurn();
  t.deepEqual(begun, [0, 1]);
});
