// Locks on files: one holder at a time, and words for what cannot be locked.
import { join } from 'node:path';
import test from 'ava';
import { withLock } from '../../../src/store/lock.js';
import { tempDir } from '../../support/temp-store.js';

test('who comes second waits for the first', async (t) => {
  const path = join(tempDir(t), 'lock');
  const order: string[] = [];
  let end = (): void => undefined;
  const held = new Promise<void>((resolve) => (end = resolve));
  const first = withLock(path, {}, async () => {
    order.push('first');
    await held;
    order.push('first ends');
  });
  const second = withLock(path, {}, () => void order.push('second'));
  setTimeout(end, 50);
  await Promise.all([first, second]);
  t.deepEqual(order, ['first', 'first ends', 'second']);
});

test('waiting ends with its time, or with its signal and the reason of that', async (t) => {
  const path = join(tempDir(t), 'lock');
  let end = (): void => undefined;
  const held = new Promise<void>((resolve) => (end = resolve));
  const first = withLock(path, {}, () => held);
  await t.throwsAsync(
    withLock(path, { timeoutMs: 20 }, () => undefined),
    { code: 'STORE_LOCKED' },
  );
  const signal = AbortSignal.abort('the reason');
  const aborted = await t.throwsAsync(
    withLock(path, { signal }, () => undefined),
    { code: 'ABORTED' },
  );
  t.is(aborted?.cause, 'the reason');
  end();
  await first;
});

test('a lock that cannot be made says where', async (t) => {
  const path = join(tempDir(t), 'no', 'lock');
  const error = await t.throwsAsync(
    withLock(path, {}, () => undefined),
    { code: 'STORE_UNWRITABLE' },
  );
  t.true(error?.message.includes(path));
});
