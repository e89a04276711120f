// A hard link to a file of a layer below, and that a copy which fails leaves nothing open.
import test, { type ExecutionContext } from 'ava';
import { closeSync, mkdirSync, openSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { copyFromLower } from '../../../src/rootfs/copy-from-lower.js';
import { loadSyscalls } from '../../../src/host/syscalls/system-calls.js';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';
import { openDescriptors } from './open-descriptors.js';

async function openBench(t: ExecutionContext) {
  const calls = await loadSyscalls();
  const dir = tempDir(t);
  const [lower, tree] = [join(dir, 'lower'), join(dir, 'tree')];
  for (const path of [lower, tree, join(lower, 'd')]) mkdirSync(path);
  writeFileSync(join(lower, 'file'), 'content');
  writeFileSync(join(tree, 'taken'), '');
  const parent = openSync(tree, 'r');
  t.teardown(() => closeSync(parent));
  const copy = (target: string, name: string): void =>
    copyFromLower(calls, { lowers: [lower], target: fromUtf8(target), parent, name: fromUtf8(name) });
  return { tree, copy };
}

test.serial('the file is copied', async (t) => {
  const { tree, copy } = await openBench(t);
  const before = openDescriptors();
  copy('file', 'new');
  t.is(readFileSync(join(tree, 'new'), 'utf8'), 'content');
  t.deepEqual(openDescriptors(), before);
});

for (const [words, target, name, expected] of [
  ['a directory', 'd', 'new', { code: 'LAYER_INVALID' }],
  ['nothing', 'absent', 'new', { code: 'LAYER_INVALID' }],
  ['a file, where its name is taken', 'file', 'taken', { message: /EEXIST/ }],
] as const)
  test.serial(`a link to ${words} leaves nothing open`, async (t) => {
    const { copy } = await openBench(t);
    const before = openDescriptors();
    t.throws(() => copy(target, name), expected);
    t.deepEqual(openDescriptors(), before);
  });
