import test from 'ava';
import { createMemoryWatch } from '../../../src/worker/memory-watch.js';

const KILLED = { exitCode: 137 };

test('a neighbour that was killed for want of memory makes nobody else be so', (t) => {
  let kills = 0;
  const memory = createMemoryWatch(() => kills);
  const failing = memory.begin(undefined);
  const hungry = memory.begin(undefined);
  kills = 1;
  t.deepEqual(failing.verdict({ exitCode: 1 }), { isOutOfMemory: false });
  const { isOutOfMemory, hint } = hungry.verdict(KILLED);
  t.false(isOutOfMemory);
  t.regex(hint ?? '', /want of memory/);
});

test('whoever was alone, and was killed, was it', (t) => {
  let kills = 3;
  const memory = createMemoryWatch(() => kills);
  const before = memory.begin(undefined);
  before.end();
  const alone = memory.begin(undefined);
  t.deepEqual(alone.verdict(KILLED), { isOutOfMemory: false });
  kills = 4;
  t.deepEqual(alone.verdict(KILLED), { isOutOfMemory: true });
  t.deepEqual(alone.verdict({ exitCode: 0 }), { isOutOfMemory: false });
  t.deepEqual(alone.verdict({ exitCode: 2 }), { isOutOfMemory: false });
});

test('a control group of its own says it, whatever was around', (t) => {
  const memory = createMemoryWatch(() => t.fail('the group is asked') ?? 0);
  memory.begin({ isOutOfMemory: () => false });
  t.true(memory.begin({ isOutOfMemory: () => true }).verdict({ exitCode: 1 }).isOutOfMemory);
  t.false(memory.begin({ isOutOfMemory: () => false }).verdict(KILLED).isOutOfMemory);
});
