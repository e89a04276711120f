// Two files are compared through one descriptor each, closed whatever happens.
import test from 'ava';
import { rmSync, utimesSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { isSameContent, nodeAt } from '../../../src/rootfs/node-at.js';
import { plainOwnership } from '../../../src/rootfs/ownership.js';
import { loadSyscalls } from '../../../src/host/syscalls/system-calls.js';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';
import { openDescriptors } from './open-descriptors.js';

test.serial('equal and unequal bytes, and a file that cannot be opened', async (t) => {
  const calls = await loadSyscalls();
  const dir = tempDir(t);
  const [one, same, other] = ['content', 'content', 'CONTENT'].map((content, i) => {
    const path = join(dir, String(i));
    writeFileSync(path, content);
    utimesSync(path, 1, 1);
    return nodeAt(calls, fromUtf8(path), plainOwnership);
  }) as [ReturnType<typeof nodeAt>, ReturnType<typeof nodeAt>, ReturnType<typeof nodeAt>];
  const before = openDescriptors();
  t.true(isSameContent(one, same));
  t.false(isSameContent(one, other));
  rmSync(join(dir, '1'));
  t.throws(() => isSameContent(one, same), { code: 'ENOENT' });
  t.throws(() => isSameContent(same, one), { code: 'ENOENT' });
  t.deepEqual(openDescriptors(), before);
});
