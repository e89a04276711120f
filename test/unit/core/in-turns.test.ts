// Long work lets the event loop have its turn, so that an abort is seen.
import test from 'ava';
import { inTurns } from '../../../src/core/in-turns.js';

function* counting(to: number): Generator<void, number> {
  for (let at = 0; at < to; at++) yield;
  return to;
}

test('the result, with a pause for every turn that is over', async (t) => {
  let time = 0;
  let pauses = 0;
  const timer = () => {
    pauses++;
    immediate = setImmediate(timer);
  };
  let immediate = setImmediate(timer);
  const result = await inTurns(counting(100), {
    now: () => (time += 0.01),
    signal: new AbortController().signal,
  });
  clearImmediate(immediate);
  t.is(result, 100);
  t.true(pauses > 5 && pauses < 100, `${pauses}`);
});

test('an abort ends the work at the next pause', async (t) => {
  const controller = new AbortController();
  let time = 0;
  setImmediate(() => controller.abort(new Error('enough')));
  const endless = counting(Infinity);
  const error = await t.throwsAsync(inTurns(endless, { now: () => (time += 1), signal: controller.signal }), {
    code: 'ABORTED',
  });
  t.like(error?.cause, { message: 'enough' });
});
