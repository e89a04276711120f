// A file is read while it grows, and little memory is taken for what comes in drops.
import test from 'ava';
import { appendFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { growingFile } from '../../../src/host/growing-file.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';

const signal = new AbortController().signal;

test('pieces that come one by one share a buffer, and none overwrites another', async (t) => {
  const path = join(tempDir(t), 'file');
  writeFileSync(path, 'one ');
  const chunks: Buffer[] = [];
  const rest = ['two ', 'three ', 'four'];
  for await (const chunk of growingFile(path, 'one two three four'.length, signal)) {
    chunks.push(chunk);
    const next = rest.shift();
    // After the file was found to have no more.
    if (next !== undefined) setTimeout(() => appendFileSync(path, next), 12);
  }
  t.deepEqual(chunks.map(String), ['one ', 'two ', 'three ', 'four']);
  t.is(new Set(chunks.map(({ buffer }) => buffer)).size, 1);
});

test('a file of several pieces, and no more than was promised of it', async (t) => {
  const path = join(tempDir(t), 'file');
  const content = Buffer.from(Array.from({ length: 600_001 }, (_, i) => i % 251));
  writeFileSync(path, content);
  const chunks: Buffer[] = [];
  for await (const chunk of growingFile(path, 600_000, signal)) chunks.push(chunk);
  t.deepEqual(Buffer.concat(chunks), content.subarray(0, 600_000));
});

test('an interrupted wait', async (t) => {
  const path = join(tempDir(t), 'file');
  writeFileSync(path, '');
  const controller = new AbortController();
  setTimeout(() => controller.abort(), 20);
  const reading = (async () => {
    for await (const _ of growingFile(path, 1, controller.signal)) t.fail('there is nothing to read');
  })();
  await t.throwsAsync(reading, { code: 'ABORTED' });
});
