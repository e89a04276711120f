// A file that is read while it is written: the disk begins with it at its last promised byte, whatever the reader does
// then.
import test from 'ava';
import fs, { readdirSync, readFileSync } from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';
import { join } from 'node:path';
import { spoolWhile } from '../../../src/store/spool.js';
import { tempDir } from '../../support/temp-store.js';

async function* pieces(): AsyncGenerator<Buffer> {
  yield Buffer.from('one ');
  yield Buffer.from('two');
}

/** What happens, in its order. */
const happened: string[] = [];
const { fsync } = fs;
fs.fsync = Object.assign((...args: Parameters<typeof fsync>) => {
  happened.push('sync');
  fsync(...args);
}, fsync);
syncBuiltinESMExports();

test.serial('a reader that stops at the last promised byte', async (t) => {
  happened.length = 0;
  const dir = tempDir(t);
  await spoolWhile(join(dir, 'tmp'), join(dir, 'file'), { chunks: pieces(), size: 7 }, async (tee) => {
    const iterator = tee[Symbol.asyncIterator]();
    for (let read = 0; read < 7;) read += (await iterator.next()).value?.length ?? 0;
    await iterator.return?.();
    happened.push('read');
  });
  t.deepEqual(happened, ['sync', 'read']);
  t.is(readFileSync(join(dir, 'file'), 'utf8'), 'one two');
});

test.serial('a reader that goes on to the end, of a file of any size', async (t) => {
  happened.length = 0;
  const dir = tempDir(t);
  await spoolWhile(join(dir, 'tmp'), join(dir, 'file'), { chunks: pieces() }, async (tee) => {
    for await (const _ of tee);
    happened.push('read');
  });
  t.deepEqual(happened, ['sync', 'read']);
});

test.serial('a reader that fails leaves nothing', async (t) => {
  const dir = tempDir(t);
  const reading = spoolWhile(join(dir, 'tmp'), join(dir, 'file'), { chunks: pieces(), size: 7 }, async () => {
    throw new Error('no');
  });
  await t.throwsAsync(reading, { message: 'no' });
  t.deepEqual(readdirSync(dir), []);
});
