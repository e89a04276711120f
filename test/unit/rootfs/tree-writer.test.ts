// What a tree writer marks is the directory that the layer names, and nothing in its place.
import test from 'ava';
import { closeSync, openSync } from 'node:fs';
import { plainOwnership } from '../../../src/rootfs/ownership.js';
import { createTreeWriter } from '../../../src/rootfs/tree-writer.js';
import { loadSyscalls } from '../../../src/host/syscalls/system-calls.js';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';

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
