// What a tree writer marks is the directory that the layer names, and nothing in its place.
import test from 'ava';
import { closeSync, mkdirSync, openSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { createDirectoryCache } from '../../../src/rootfs/directory-cache.js';
import { plainOwnership } from '../../../src/rootfs/ownership.js';
import { createTreeWriter } from '../../../src/rootfs/tree-writer.js';
import { loadSyscalls } from '../../../src/host/syscalls/system-calls.js';
import { fromUtf8, type ByteString } from '../../../src/core/bytes.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';
import { openDescriptors } from './open-descriptors.js';

test.serial('an opaque directory that cannot be made does not hide what is below the root', async (t) => {
  const calls = await loadSyscalls();
  const root = openSync(tempDir(t), 'r');
  t.teardown(() => closeSync(root));
  const marked: string[] = [];
  const broken = {
    ...calls,
    mkdirat: () => undefined,
    setXattr: (_fd: number, key: string) => void marked.push(key),
  };
  const writer = createTreeWriter(broken as typeof calls, root, { ownership: plainOwnership });
  writer.add({ kind: 'opaque', path: fromUtf8('d') });
  t.throws(() => writer.finish([]), { message: /internal invariant broken/ });
  t.deepEqual(marked, []);
  writer.close();
});

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
