// A blob gets its name by what was written, and none when that ends early.
import { readdirSync, readFileSync } from 'node:fs';
import test from 'ava';
import { digestOf } from '../../../src/core/digest.js';
import { openStore } from '../../../src/store/store.js';
import { writeBlob } from '../../../src/store/write-blob.js';
import { tempDir } from '../../support/temp-store.js';

async function* pieces(failure?: Error): AsyncGenerator<Buffer> {
  yield Buffer.from('one ');
  if (failure) throw failure;
  yield Buffer.from('two');
}

test('digest and size are those of the bytes', async (t) => {
  const { paths } = openStore(tempDir(t));
  const blob = await writeBlob(paths, pieces());
  t.deepEqual(blob, { digest: digestOf('one two'), size: 7 });
  t.is(readFileSync(paths.blob(blob.digest), 'utf8'), 'one two');
  t.deepEqual(readdirSync(paths.tmp), []);
});

test('a source that fails leaves nothing', async (t) => {
  const { paths, hasBlob } = openStore(tempDir(t));
  await t.throwsAsync(writeBlob(paths, pieces(new Error('no'))), { message: 'no' });
  t.deepEqual(readdirSync(paths.tmp), []);
  t.false(hasBlob(digestOf('one ')));
});
