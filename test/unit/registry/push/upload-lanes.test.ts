import test from 'ava';
import { setImmediate as turn } from 'node:timers/promises';
import { createLanes, type Lane } from '../../../../src/registry/push/upload-lanes.js';

/** Work that ends when it is told to. */
function open(lanes: ReturnType<typeof createLanes>) {
  const running: { lane: Lane; end: () => void }[] = [];
  const begin = () =>
    lanes.run((lane) => new Promise<void>((resolve) => running.push({ lane, end: resolve })));
  const endFirst = async () => {
    running.shift()!.end();
    await turn();
  };
  return { running, begin, endFirst };
}

test('so many at once, and in their order', async (t) => {
  const { running, begin, endFirst } = open(createLanes(2, () => 0));
  const all = [begin(), begin(), begin()];
  await turn();
  t.is(running.length, 2);
  await endFirst();
  t.is(running.length, 2);
  await endFirst();
  await endFirst();
  await Promise.all(all);
});

test('half as many after a sign of too much, never none', async (t) => {
  const { running, begin, endFirst } = open(createLanes(4, () => 0));
  const all = Array.from({ length: 12 }, begin);
  await turn();
  t.is(running.length, 4);
  // Those that began together say it once.
  for (const { lane } of running) lane.ease();
  for (let i = 0; i < 3; i++) await endFirst();
  t.is(running.length, 2);
  running[1]!.lane.ease();
  await endFirst();
  t.is(running.length, 1);
  running[0]!.lane.ease();
  for (let i = 0; i < 8; i++) {
    t.is(running.length, 1);
    await endFirst();
  }
  await Promise.all(all);
});

test('two broken connections within ten seconds are such a sign', async (t) => {
  let now = 0;
  const { running, begin, endFirst } = open(createLanes(2, () => now));
  const all = Array.from({ length: 6 }, begin);
  await turn();
  running[0]!.lane.broke();
  now = 11;
  running[1]!.lane.broke();
  await endFirst();
  t.is(running.length, 2);
  now = 12;
  running[0]!.lane.broke();
  await endFirst();
  t.is(running.length, 1);
  while (running.length > 0) await endFirst();
  await Promise.all(all);
});

test('a failure makes room', async (t) => {
  const lanes = createLanes(1, () => 0);
  await t.throwsAsync(
    lanes.run(() => Promise.reject(new Error('no'))),
    { message: 'no' },
  );
  t.is(await lanes.run(async () => 1), 1);
});
