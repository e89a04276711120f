import test from 'ava';
import { statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { makeDirectories } from '../../../src/host/make-directories.js';
import { tempDir } from '../../support/temp-store.js';

test('directories are made with those above them, and the topmost is told', (t) => {
  const root = tempDir(t);
  t.is(makeDirectories(join(root, 'a', 'b', 'c'), 0o700), join(root, 'a'));
  t.is(statSync(join(root, 'a', 'b', 'c')).mode & 0o777, 0o700);
  t.is(makeDirectories(join(root, 'a', 'b'), 0o700), undefined);
  t.is(makeDirectories(join(root, 'a', 'd'), 0o700), join(root, 'a', 'd'));
});

test('a file in the place of a directory is refused', (t) => {
  const file = join(tempDir(t), 'file');
  writeFileSync(file, '');
  t.throws(() => makeDirectories(file, 0o700), { code: 'EEXIST' });
  t.throws(() => makeDirectories(join(file, 'a'), 0o700), { code: 'ENOTDIR' });
});

test('where a file system takes no directories it ends', (t) => {
  t.throws(() => makeDirectories('/proc/tsbuild/v1', 0o700), { code: 'ENOENT' });
});
