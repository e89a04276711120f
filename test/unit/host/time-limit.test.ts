import test from 'ava';
import { signalAfter } from '../../../src/host/time-limit.js';

test('aborted when the time is over', async (t) => {
  const { signal } = signalAfter(0.01, new AbortController().signal);
  await new Promise((resolve) => signal.addEventListener('abort', resolve));
  t.true(signal.aborted);
});

test('aborted with the other signal and its reason, also when that was before', (t) => {
  const outer = new AbortController();
  const limit = signalAfter(1000, outer.signal);
  outer.abort('why');
  t.is(limit.signal.reason, 'why');
  limit.clear();
  const late = signalAfter(1000, outer.signal);
  t.true(late.signal.aborted);
  late.clear();
});
