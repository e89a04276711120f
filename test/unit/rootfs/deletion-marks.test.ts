// The marks that a tree gets for what its layer deletes.
import test, { type ExecutionContext } from 'ava';
import { closeSync, mkdirSync, openSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { createDeletionMarks } from '../../../src/rootfs/deletion-marks.js';
import type { DirectoryWriter } from '../../../src/rootfs/directory-writer.js';
import { loadSyscalls } from '../../../src/host/syscalls/system-calls.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';

/** Marks in a directory on which no device can be made: mknod(2) fails with `refusal`. */
async function marksIn(t: ExecutionContext, refusal: 'EPERM' | 'EEXIST') {
  const directory = tempDir(t);
  const root = openSync(directory, 'r');
  t.teardown(() => closeSync(root));
  const opened: string[] = [];
  const calls = {
    ...(await loadSyscalls()),
    mknodat() {
      throw Object.assign(new Error(refusal), { code: refusal, syscall: 'mknodat' });
    },
    setXattr: (_fd: number, name: string) => void opened.push(name),
  };
  const directories = {
    open(path: string) {
      opened.push(path);
      return root;
    },
  };
  const marks = createDeletionMarks(calls, directories as unknown as DirectoryWriter);
  return { directory, opened, marks };
}

test('where no device 0:0 can be made, a deletion is an empty file', async (t) => {
  const { directory, marks } = await marksIn(t, 'EPERM');
  marks.addWhiteout(fromUtf8('gone'));
  t.deepEqual(readdirSync(directory), [], 'no mark before the last entry');
  marks.apply();
  t.deepEqual(readdirSync(directory), ['.wh.gone']);
});

test('a new file hides a deleted one, and a new directory must hide what was in the old one', async (t) => {
  const { directory, marks, opened } = await marksIn(t, 'EEXIST');
  writeFileSync(join(directory, 'file'), '');
  mkdirSync(join(directory, 'dir'));
  marks.addWhiteout(fromUtf8('file'));
  marks.addWhiteout(fromUtf8('dir'));
  marks.apply();
  t.deepEqual(opened, ['', '', 'dir', 'user.overlay.opaque']);
  t.deepEqual(readdirSync(directory).sort(), ['dir', 'file']);
});
