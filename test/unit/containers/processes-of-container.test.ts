import test from 'ava';
import { processesOf, processTable } from '../../../src/containers/processes-of-container.js';

const TABLE = [
  { pid: 1, parent: 0, space: 'host' },
  { pid: 5, parent: 30, space: 'nested' },
  { pid: 20, parent: 10, space: 'box' },
  { pid: 10, parent: 1, space: 'box' },
  { pid: 30, parent: 20, space: 'box' },
  { pid: 40, parent: 1, space: 'box' },
  { pid: 50, parent: 1 },
  { pid: 60, parent: 1, space: 'host' },
  { pid: 61, parent: 60, space: 'host' },
];

test('those of its pid namespace, and those below it', (t) => {
  t.deepEqual(processesOf(TABLE, 10, 'host'), [5, 10, 20, 30, 40]);
});

test('in the pid namespace of the machine only those below it', (t) => {
  t.deepEqual(processesOf(TABLE, 60, 'host'), [60, 61]);
});

test('of one that is gone, or of another user, none', (t) => {
  t.deepEqual(processesOf(TABLE, 99, 'host'), []);
  t.deepEqual(processesOf(TABLE, 50, 'host'), []);
});

test('this process is in the table', (t) => {
  const own = processTable().find(({ pid }) => pid === process.pid);
  t.is(own?.parent, process.ppid);
  t.regex(own?.space ?? '', /^pid:/);
});
