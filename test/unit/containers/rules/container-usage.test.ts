import test from 'ava';
import {
  cpuPercent,
  groupUsage,
  networkUsage,
  processesUsage,
  type UsageSample,
} from '../../../../src/containers/rules/container-usage.js';

const NOTHING: UsageSample = {
  at: 0,
  cpuMs: 0,
  memoryBytes: 0,
  memoryLimitBytes: 0,
  processes: 0,
  blockReadBytes: 0,
  blockWrittenBytes: 0,
  receivedBytes: 0,
  sentBytes: 0,
};

test('percent of one processor', (t) => {
  const after = (at: number, cpuMs: number) => ({ ...NOTHING, at, cpuMs });
  t.is(cpuPercent(NOTHING, after(1000, 500)), 50);
  t.is(cpuPercent(NOTHING, after(500, 1000)), 200);
  t.is(cpuPercent(NOTHING, after(0, 1000)), 0);
  t.is(cpuPercent(after(0, 90), after(1000, 50)), 0);
});

test('a control group', (t) => {
  const texts = {
    cpuStat: 'usage_usec 2500000\nuser_usec 1\n',
    memoryCurrent: '5000\n',
    memoryStat: 'anon 1000\nfile 4000\ninactive_file 1500\n',
    memoryMax: '65536\n',
    pidsCurrent: '3\n',
    ioStat: '8:0 rbytes=100 wbytes=20 rios=1\n8:16 rbytes=11 wbytes=2 rios=1\n',
  };
  t.deepEqual(groupUsage(texts, 1_000_000), {
    cpuMs: 2500,
    memoryBytes: 3500,
    memoryLimitBytes: 65_536,
    processes: 3,
    blockReadBytes: 111,
    blockWrittenBytes: 22,
  });
  const bare = {
    cpuStat: '',
    memoryStat: '',
    memoryMax: 'max\n',
    pidsCurrent: '',
    ioStat: '',
    memoryCurrent: '9',
  };
  t.like(groupUsage(bare, 1_000_000), {
    cpuMs: 0,
    memoryBytes: 9,
    memoryLimitBytes: 1_000_000,
    processes: 0,
  });
});

test('processes', (t) => {
  // Behind the name: state, then 10 fields, user and kernel ticks, those of children, 2 fields, threads.
  const stat = (threads: number) => `7 (a ) b) S 1 ${'0 '.repeat(9)}3 4 1 2 20 0 ${threads} 0 99`;
  const first = {
    stat: stat(2),
    rollup: 'a-b\nRss: 9 kB\nPss: 5 kB\n',
    statm: '9 9 9',
    io: 'rchar: 9\nread_bytes: 7\nwrite_bytes: 8\n',
  };
  const second = { stat: stat(1), rollup: '', statm: '90 2 1', io: '' };
  t.deepEqual(processesUsage([first, second]), {
    cpuMs: 200,
    memoryBytes: 5 * 1024 + 2 * 4096,
    processes: 3,
    blockReadBytes: 7,
    blockWrittenBytes: 8,
  });
  const gone = { stat: '', rollup: '', statm: '', io: '' };
  t.is(processesUsage([gone]).memoryBytes, 0);
});

test('interfaces', (t) => {
  const text = [
    'Inter-|   Receive                                                |  Transmit',
    ' face |bytes    packets errs drop fifo frame compressed multicast|bytes    packets',
    '    lo:    10       1    0    0    0     0          0         0   10  1 0 0 0 0 0 0',
    '  eth0: 1000       2    0    0    0     0          0         0   500  3 0 0 0 0 0 0',
    'eth1:1 2 0 0 0 0 0 0 2 3 0 0 0 0 0 0',
    '',
  ].join('\n');
  t.deepEqual(networkUsage(text), { receivedBytes: 1001, sentBytes: 502 });
  t.deepEqual(networkUsage(''), { receivedBytes: 0, sentBytes: 0 });
});
