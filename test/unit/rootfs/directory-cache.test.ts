// How many directories a tree that is being written keeps open.
import test from 'ava';
import { closeSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createDirectoryCache } from '../../../src/rootfs/directory-cache.js';
import { loadSyscalls } from '../../../src/host/syscalls/system-calls.js';
import type { ByteString } from '../../../src/core/bytes.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';
import { openDescriptors } from './open-descriptors.js';

test.serial('no more than some directories are open, and none in the end', async (t) => {
  const calls = await loadSyscalls();
  const dir = tempDir(t);
  for (let i = 0; i < 300; i++) mkdirSync(join(dir, `d${i}`));
  const root = openSync(dir, 'r');
  t.teardown(() => closeSync(root));
  const before = openDescriptors();
  const cache = createDirectoryCache(calls, root);
  for (const name of readdirSync(dir)) t.not(cache.open(name as ByteString), undefined);
  t.true(openDescriptors().length <= before.length + 128);
  cache.close();
  t.deepEqual(openDescriptors(), before);
});
