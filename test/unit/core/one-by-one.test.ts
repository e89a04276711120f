// Users of the same thing take turns, those of different things do not wait.
import test from 'ava';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { createOneByOne } from '../../../src/core/one-by-one.js';

const { signal } = new AbortController();

function gate(): { readonly opened: Promise<void>; open(): void } {
  let open = (): void => undefined;
  const opened = new Promise<void>((resolve) => (open = resolve));
  return { opened, open };
}

test('the second begins when the first is over, and knows that it has waited', async (t) => {
  const oneByOne = createOneByOne();
  const { opened, open } = gate();
  const said: string[] = [];
  const first = oneByOne('a', signal, async ({ hasWaited }) => {
    said.push(`first ${hasWaited}`);
    await opened;
    throw new Error('first failed');
  });
  const second = oneByOne('a', signal, async ({ hasWaited }) => said.push(`second ${hasWaited}`));
  await oneByOne('b', signal, async ({ hasWaited }) => said.push(`other ${hasWaited}`));
  t.deepEqual(said, ['first false', 'other false']);
  open();
  await t.throwsAsync(first, { message: 'first failed' });
  await second;
  await nextTurn();
  await oneByOne('a', signal, async ({ hasWaited }) => said.push(`third ${hasWaited}`));
  t.deepEqual(said.slice(2), ['second true', 'third false']);
});

test('who is aborted while waiting leaves, and the next waits for the first all the same', async (t) => {
  const oneByOne = createOneByOne();
  const { opened, open } = gate();
  const controller = new AbortController();
  const said: string[] = [];
  const first = oneByOne('a', signal, async () => {
    await opened;
    said.push('first');
  });
  const second = oneByOne('a', controller.signal, async () => said.push('second'));
  const third = oneByOne('a', signal, async () => said.push('third'));
  controller.abort();
  await t.throwsAsync(second, { code: 'ABORTED' });
  t.deepEqual(said, []);
  open();
  await Promise.all([first, third]);
  t.deepEqual(said, ['first', 'third']);
});
