// The mounts of a running container, by the text of the kernel.
import test from 'ava';
import { isOfKernel, parseMountTable } from '../../../../src/worker/containers/mount-table.js';

test('paths with blanks, optional fields, and what is of the kernel', (t) => {
  const text = [
    '22 1 0:20 / / rw,relatime - overlay overlay rw',
    '23 22 0:21 / /proc rw shared:7 master:2 - proc proc rw',
    '24 22 8:1 /v /with\\040blank rw - ext4 /dev/sda1 rw',
    '',
  ].join('\n');
  const mounts = parseMountTable(text);
  t.deepEqual(mounts, [
    { path: '/', fileSystem: 'overlay' },
    { path: '/proc', fileSystem: 'proc' },
    { path: '/with blank', fileSystem: 'ext4' },
  ]);
  t.deepEqual(mounts.map(isOfKernel), [false, true, false]);
});
