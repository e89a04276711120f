import { execFileSync } from 'node:child_process';
import { lstatSync, mkdtempSync, readFileSync, readdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { replaceFile } from '../../../src/export/replace-file.js';

const folder = () => mkdtempSync(join(tmpdir(), 'replace-file-'));

test('a file is replaced when it is complete, and a link to it stays a link', async (t) => {
  const dir = folder();
  writeFileSync(join(dir, 'real'), 'old');
  symlinkSync('real', join(dir, 'link'));
  await replaceFile(join(dir, 'link'), (file) => file.writeFile('new'));
  t.is(readFileSync(join(dir, 'real'), 'utf8'), 'new');
  t.true(lstatSync(join(dir, 'link')).isSymbolicLink());
  t.deepEqual(readdirSync(dir), ['link', 'real']);
});

test('a writer that fails leaves the old file and nothing else', async (t) => {
  const dir = folder();
  writeFileSync(join(dir, 'a'), 'old');
  await t.throwsAsync(
    replaceFile(join(dir, 'a'), async (file) => {
      await file.writeFile('half');
      throw new TsbuildError('ABORTED', 'x');
    }),
    { instanceOf: TsbuildError },
  );
  t.is(readFileSync(join(dir, 'a'), 'utf8'), 'old');
  t.deepEqual(readdirSync(dir), ['a']);
});

test('what is not a regular file is written to, never replaced', async (t) => {
  const fifo = join(folder(), 'fifo');
  execFileSync('mkfifo', [fifo]);
  const reading = execReader(fifo);
  await replaceFile(fifo, (file) => file.writeFile('through'));
  t.is(await reading, 'through');
  t.true(lstatSync(fifo).isFIFO());
});

test('a directory in the way is an error with the path', async (t) => {
  const dir = folder();
  const error = await t.throwsAsync(
    replaceFile(dir, (file) => file.writeFile('x')),
    { instanceOf: TsbuildError },
  );
  t.is(error?.code, 'OUTPUT_FAILED');
  t.true(error?.message.includes(dir));
});

function execReader(fifo: string): Promise<string> {
  return import('node:fs/promises').then(({ readFile }) => readFile(fifo, 'utf8'));
}
