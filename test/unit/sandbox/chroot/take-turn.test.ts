import test from 'ava';
import { takeTurn } from '../../../../src/sandbox/chroot/take-turn.js';

const never = new AbortController().signal;

test('a turn waits for the one before, and is free when that has ended', async (t) => {
  const name = `\0tsbuild-test-turns-${process.pid}`;
  const endFirst = await takeTurn(never, name);
  let isTaken = false;
  const second = takeTurn(never, name).then((end) => {
    isTaken = true;
    return end;
  });
  await new Promise((resolve) => setTimeout(resolve, 150));
  t.false(isTaken);
  endFirst();
  (await second)();
  t.true(isTaken);
});

test('who waits for a turn can be interrupted', async (t) => {
  const name = `\0tsbuild-test-interrupted-${process.pid}`;
  const end = await takeTurn(never, name);
  const error = await t.throwsAsync(takeTurn(AbortSignal.timeout(50), name));
  t.is((error as Error & { code?: string }).code, 'ABORTED');
  end();
});
