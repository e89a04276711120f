import test from 'ava';
import { controllersOf, limitFiles } from '../../../../src/sandbox/cgroup/limit-files.js';
import type { StepResources } from '../../../../src/plan/request.js';

const filesOf = (resources: StepResources): Record<string, string> =>
  Object.fromEntries(limitFiles(resources).map(({ name, value }) => [name, value]));

test('nothing asked, nothing written', (t) => {
  t.deepEqual(limitFiles({}), []);
});

test('memory: as much swap as memory unless it is said, and a step dies as a whole', (t) => {
  const base = { 'memory.max': '1024', 'memory.oom.group': '1' };
  t.deepEqual(filesOf({ memoryBytes: 1024 }), { ...base, 'memory.swap.max': '1024' });
  t.deepEqual(filesOf({ memoryBytes: 1024, memorySwapBytes: 1536 }), { ...base, 'memory.swap.max': '512' });
  t.deepEqual(filesOf({ memoryBytes: 1024, memorySwapBytes: -1 }), { ...base, 'memory.swap.max': 'max' });
});

test('processor: a number of them, or quota and period', (t) => {
  t.deepEqual(filesOf({ cpus: 1.5 }), { 'cpu.max': '150000 100000' });
  t.deepEqual(filesOf({ cpus: 0.5, cpuPeriod: 10_000 }), { 'cpu.max': '5000 10000' });
  t.deepEqual(filesOf({ cpuQuota: 20_000 }), { 'cpu.max': '20000 100000' });
  t.deepEqual(filesOf({ cpuQuota: -1, cpuPeriod: 50_000 }), { 'cpu.max': 'max 50000' });
});

test('shares become weights as runc converts them', (t) => {
  for (const [shares, weight] of [
    [2, '1'],
    [1024, '39'],
    [262_144, '10000'],
  ] as const)
    t.deepEqual(filesOf({ cpuShares: shares }), { 'cpu.weight': weight });
});

test('the controllers are those of the files', (t) => {
  const files = limitFiles({
    memoryBytes: 1,
    cpus: 1,
    cpuShares: 2,
    cpusetCpus: '0',
    cpusetMems: '0',
    pids: 5,
  });
  t.deepEqual(controllersOf(files), ['memory', 'cpu', 'cpuset', 'pids']);
});
