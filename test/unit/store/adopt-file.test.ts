// A file becomes a blob when it was verified, and stays what it is when it was not.
import test from 'ava';
import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { adoptFile } from '../../../src/store/adopt-file.js';
import { tempDir } from '../../support/temp-store.js';

test('the name comes after the check', async (t) => {
  const directory = tempDir(t);
  const [temporary, path] = [join(directory, 'tmp'), join(directory, 'blobs', 'x')];
  writeFileSync(temporary, 'content');
  const bad = adoptFile(temporary, path, () => Promise.reject(new Error('bad')));
  await t.throwsAsync(bad, { message: 'bad' });
  t.true(existsSync(temporary));
  t.false(existsSync(path));
  await adoptFile(temporary, path, async () => void t.false(existsSync(path)));
  t.false(existsSync(temporary));
  t.is(readFileSync(path, 'utf8'), 'content');
});
