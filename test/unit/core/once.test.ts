// Work that may be asked for twice is done once.
import test from 'ava';
import { createOnce } from '../../../src/core/once.js';

test('the second call with a key has the promise of the first; another key begins anew', async (t) => {
  const once = createOnce<string, number>();
  let calls = 0;
  const work = async () => ++calls;
  const [first, second] = [once('a', work), once('a', work)];
  t.is(first, second);
  t.deepEqual([await first, await once('b', work)], [1, 2]);
});

test('a failure is remembered too', async (t) => {
  const once = createOnce<string, number>();
  const failed = once('a', () => Promise.reject(new Error('no')));
  await t.throwsAsync(failed, { message: 'no' });
  await t.throwsAsync(
    once('a', async () => 1),
    { message: 'no' },
  );
});
