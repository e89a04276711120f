// A blob is told to be damaged at the end of reading it, whatever is wrong with it.
import { join } from 'node:path';
import { writeFileSync } from 'node:fs';
import test, { type ExecutionContext } from 'ava';
import { digestOf } from '../../../src/core/digest.js';
import { readBlob, type BlobRef } from '../../../src/store/read-blob.js';
import { tempDir } from '../../support/temp-store.js';

const DATA = Buffer.alloc(3 << 20, 'abc');
const WHOLE = { digest: digestOf(DATA), size: DATA.length };

async function read(t: ExecutionContext, data: Buffer | undefined, ref: BlobRef, signal?: AbortSignal) {
  const path = join(tempDir(t), 'blob');
  if (data) writeFileSync(path, data);
  const read: Buffer[] = [];
  const damaged = () => new Error('damaged');
  for await (const chunk of readBlob(path, ref, { damaged, signal })) read.push(chunk);
  return Buffer.concat(read);
}

test('all of it, with its size known or not', async (t) => {
  t.deepEqual(await read(t, DATA, WHOLE), DATA);
  t.deepEqual(await read(t, DATA, { digest: WHOLE.digest }), DATA);
  t.deepEqual(await read(t, Buffer.alloc(0), { digest: digestOf(''), size: 0 }), Buffer.alloc(0));
});

test('changed, cut short, of another size, or gone', async (t) => {
  const changed = Buffer.from(DATA);
  changed[changed.length - 1]! ^= 1;
  const damaged = { message: 'damaged' };
  await t.throwsAsync(read(t, changed, WHOLE), damaged);
  await t.throwsAsync(read(t, DATA.subarray(1), { digest: WHOLE.digest }), damaged);
  await t.throwsAsync(read(t, DATA, { ...WHOLE, size: 1 }), damaged);
  await t.throwsAsync(read(t, undefined, WHOLE), damaged);
});

test('an interrupted build reads no further', async (t) => {
  await t.throwsAsync(read(t, DATA, WHOLE, AbortSignal.abort()), { code: 'ABORTED' });
});
