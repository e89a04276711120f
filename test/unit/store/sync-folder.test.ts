// A folder is synced where that can be, and a failure of the disk is not passed over.
import test from 'ava';
import { join } from 'node:path';
import { syncFile, syncFolder } from '../../../src/store/durable-write.js';
import { tempDir } from '../../support/temp-store.js';

test('a folder, one that is not there, and a file system without the call', async (t) => {
  const dir = tempDir(t);
  await t.notThrowsAsync(syncFolder(dir));
  await t.throwsAsync(syncFolder(join(dir, 'absent')), { code: 'STORE_UNWRITABLE' });
  // As fsync(2) answers for what cannot be synced.
  await t.throwsAsync(syncFile('/dev/null'), { code: 'EINVAL' });
  await t.notThrowsAsync(syncFolder('/dev/null'));
});
