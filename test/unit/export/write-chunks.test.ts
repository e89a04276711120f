// Where an archive goes, and what is left when it is not finished.
import { readFileSync, readdirSync } from 'node:fs';
import { join } from 'node:path';
import { PassThrough } from 'node:stream';
import test from 'ava';
import { writeChunks } from '../../../src/export/write-chunks.js';
import { tempDir } from '../../support/temp-store.js';

async function* pieces(failure?: Error): AsyncGenerator<Buffer> {
  yield Buffer.from('one ');
  if (failure) throw failure;
  yield Buffer.from('two');
}

const { signal } = new AbortController();
const noStdout = (): never => {
  throw new Error('standard output is not for files');
};

test('a file is relative to the working directory, and whole or not there', async (t) => {
  const cwd = tempDir(t);
  await writeChunks(pieces(), { dest: 'a.tar', cwd, stdout: noStdout, signal });
  t.is(readFileSync(join(cwd, 'a.tar'), 'utf8'), 'one two');
  const failing = { dest: 'b.tar', cwd, stdout: noStdout, signal };
  await t.throwsAsync(writeChunks(pieces(new Error('no')), failing), { message: 'no' });
  await t.throwsAsync(writeChunks(pieces(), { ...failing, signal: AbortSignal.abort() }), {
    code: 'ABORTED',
  });
  t.deepEqual(readdirSync(cwd), ['a.tar']);
});

test('- is standard output, which is waited for', async (t) => {
  const stdout = new PassThrough({ highWaterMark: 1 });
  const written = writeChunks(pieces(), { dest: '-', cwd: '/', stdout: () => stdout, signal });
  const chunks: Buffer[] = [];
  stdout.on('data', (chunk: Buffer) => chunks.push(chunk));
  await written;
  t.is(Buffer.concat(chunks).toString(), 'one two');
});
