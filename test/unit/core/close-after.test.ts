import test from 'ava';
import { closeAfter, closeAll } from '../../../src/core/close-after.js';

const fails = (message: string) => async () => {
  throw new Error(message);
};

test('all is closed in order, also behind a failure, and the first failure is told', async (t) => {
  const closed: number[] = [];
  const closings = [() => void closed.push(1), fails('a'), () => void closed.push(2), fails('b')];
  await t.throwsAsync(closeAll(closings), { message: 'a' });
  t.deepEqual(closed, [1, 2]);
});

test('the failure of the work is told, not that of closing', async (t) => {
  await t.throwsAsync(closeAfter(fails('work'), [fails('close')]), { message: 'work' });
  await t.throwsAsync(
    closeAfter(async () => 1, [fails('close')]),
    { message: 'close' },
  );
  t.is(await closeAfter(async () => 1, [() => undefined]), 1);
});
