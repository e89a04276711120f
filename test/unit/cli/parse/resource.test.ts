import test from 'ava';
import { parseResources } from '../../../../src/cli/parse/resource.js';

test('every key, and the last of equal ones', (t) => {
  const texts = ['memory=1g', 'memory=512m', 'memory-swap=1g', 'cpu=1.5', 'cpu-shares=512', 'cpuset-cpus=0-2,5',
    'cpuset-mems=0', 'pids=100']; // prettier-ignore
  t.deepEqual(parseResources(texts), {
    memoryBytes: 512 << 20,
    memorySwapBytes: 1 << 30,
    cpus: 1.5,
    cpuShares: 512,
    cpusetCpus: '0-2,5',
    cpusetMems: '0',
    pids: 100,
  });
  t.deepEqual(parseResources(['cpu-quota=50000', 'cpu-period=100000']), {
    cpuQuota: 50_000,
    cpuPeriod: 100_000,
  });
  t.deepEqual(parseResources(['memory=64m', 'memory-swap=-1']).memorySwapBytes, -1);
});

test('what is not a limit is refused with what would be', (t) => {
  for (const text of [
    'memory',
    '=1',
    'memory=',
    'memory=lots',
    'cpu=0',
    'cpu=many',
    'cpu-shares=1',
    'pids=-1',
    'cpuset-cpus=a',
  ])
    t.throws(() => parseResources([text]), { code: 'OPTION_INVALID' }, text);
  t.throws(() => parseResources(['memroy=1']), { message: /^unknown resource: memroy.*memory/ });
  t.throws(() => parseResources(['__proto__=1']), { code: 'OPTION_INVALID' });
});

test('keys that contradict each other', (t) => {
  for (const texts of [['cpu=1', 'cpu-quota=1000'], ['memory-swap=1g'], ['memory=2g', 'memory-swap=1g']])
    t.throws(() => parseResources(texts), { code: 'OPTION_CONFLICT' });
});
