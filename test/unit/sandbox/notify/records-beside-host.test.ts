// Which mounts have records of owners beside their files.
import test from 'ava';
import { recordedMounts } from '../../../../src/sandbox/notify/records-beside-host.js';

const MOUNTINFO = `20 1 0:5 / / rw - overlay overlay rw
21 20 0:6 / /data rw - ext4 /dev/sda rw
22 21 0:7 / /data/below rw - ext4 /dev/sda rw
23 20 0:8 / /database rw - tmpfs none rw
24 20 0:9 / /with\\040blank rw - ext4 /dev/sda rw
`;

test('mounts of the host and below have none', (t) => {
  t.deepEqual([...recordedMounts(MOUNTINFO, ['/data', '/with blank'])], ['20', '23']);
  t.deepEqual([...recordedMounts(MOUNTINFO, [])], ['20', '21', '22', '23', '24']);
  t.deepEqual([...recordedMounts(MOUNTINFO, ['/'])], []);
});
