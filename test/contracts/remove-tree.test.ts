// Trees whose modes keep their own owner out, as an image may have some.
import test from 'ava';
import { chmodSync, existsSync, mkdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { loadSyscalls } from '../../src/host/syscalls/system-calls.js';
import { removeTree } from '../../src/rootfs/remove-tree.js';
import { tempDir } from '../support/temp-store.js';

test('directories that their owner may not read, enter or change are deleted', async (t) => {
  const tree = join(tempDir(t), 'tree');
  mkdirSync(join(tree, 'closed', 'below'), { recursive: true });
  mkdirSync(join(tree, 'fixed'));
  writeFileSync(join(tree, 'fixed', 'file'), '');
  writeFileSync(join(tree, 'closed', 'below', 'file'), '');
  chmodSync(join(tree, 'fixed'), 0o555);
  chmodSync(join(tree, 'closed', 'below'), 0o000);
  chmodSync(join(tree, 'closed'), 0o000);
  chmodSync(tree, 0o555);
  removeTree(await loadSyscalls(), tree);
  t.false(existsSync(tree));
});
