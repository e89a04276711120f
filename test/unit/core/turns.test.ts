// No more than so many at once, in the order in which they came, whatever becomes of them.
import test from 'ava';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createTurns } from '../../../src/core/turns.js';

test('as many as allowed run at once; a failure makes room like a success', async (t) => {
  const inTurn = createTurns(2);
  const begun: number[] = [];
  let running = 0;
  const work = (id: number) => async () => {
    begun.push(id);
    t.true(++running <= 2);
    await nextTurn();
    running--;
    if (id % 2 === 1) throw new Error(String(id));
    return id;
  };
  const results = await Promise.allSettled([0, 1, 2, 3, 4, 5].map((id) => inTurn(work(id))));
  t.deepEqual(begun, [0, 1, 2, 3, 4, 5]);
  t.deepEqual(
    results.map((result) => (result.status === 'fulfilled' ? result.value : 'failed')),
    [0, 'failed', 2, 'failed', 4, 'failed'],
  );
  t.is(await inTurn(work(6)), 6);
});
