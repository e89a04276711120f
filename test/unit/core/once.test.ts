import test from 'ava';
import { createOnce } from '../../../src/core/once.js';

test('work of one key is begun once, and its failure is remembered', async (t) => {
  const once = createOnce<string, number>();
  let begun = 0;
  const work = async () => ++begun;
  t.deepEqual(await Promise.all([once('a', work), once('a', work), once('b', work)]), [1, 1, 2]);
  const failure = new Error('no');
  const fail = () => Promise.reject(failure);
  t.is(await t.throwsAsync(once('c', fail)), failure);
  t.is(await t.throwsAsync(once('c', work)), failure);
});

test('settling waits for all that was begun, and does not tell of failures', async (t) => {
  const once = createOnce<string, void>();
  let end = (): void => undefined;
  const running = once('a', () => new Promise<void>((resolve) => (end = resolve)));
  once('b', () => Promise.reject(new Error('no'))).catch(() => undefined);
  let isSettled = false;
  const settled = once.settle().then(() => (isSettled = true));
  await new Promise((resolve) => setImmediate(resolve));
  t.false(isSettled);
  end();
  await settled;
  await running;
  t.true(isSettled);
});
