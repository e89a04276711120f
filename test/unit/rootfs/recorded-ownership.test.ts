import test from 'ava';
import { timeOfOwner } from '../../../src/rootfs/owner-record.js';
import { isTreeXattr } from '../../../src/rootfs/ownership.js';
import { recordedOwnership as ownership } from '../../../src/rootfs/recorded-ownership.js';

const onDisk = { uid: 0, gid: 0 };
const app = { uid: 1000, gid: 50 };

test('all files are of the one id on disk, whatever their owner is', (t) => {
  t.is(ownership.idOnDisk(1000), 0);
  t.is(ownership.idOnDisk(0xfffffffe), 0);
});

test('what is recorded is read again, and without a record an object is of root', (t) => {
  t.deepEqual(ownership.ownerOf(onDisk, ownership.record(app)), app);
  t.deepEqual(ownership.ownerOf(onDisk, {}), { uid: 0, gid: 0 });
  t.deepEqual(ownership.ownerOf({ ...onDisk, atime: timeOfOwner(app)! }, {}), app);
  t.deepEqual(ownership.record({ uid: 0, gid: 0 }), {});
  t.is(ownership.accessTime?.({ uid: 0, gid: 0 }), undefined);
});

test('a directory of root is recorded too: it may have had another owner', (t) => {
  const record = ownership.record({ uid: 0, gid: 0, type: 'dir' });
  t.deepEqual(ownership.ownerOf(onDisk, record), { uid: 0, gid: 0 });
  t.is(Object.keys(record).length, 1);
});

test('the owner of a device is recorded, also when that is root', (t) => {
  for (const gid of [0, 6]) {
    const record = ownership.record({ uid: 0, gid, type: 'block', devMajor: 8, devMinor: 1 });
    t.deepEqual(ownership.ownerOf(onDisk, record), { uid: 0, gid });
    t.is(Object.keys(record).length, 1);
  }
});

test('records of a foreign layer never get into a tree', (t) => {
  t.deepEqual(['user.tsbuild.owner', 'user.tsbuild.device', 'user.tsbuild.any'].filter(isTreeXattr), []);
});
