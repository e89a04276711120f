// Sizes are those of du --apparent-size.
import test from 'ava';
import { execFileSync } from 'node:child_process';
import { linkSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { createMeasure } from '../../../src/upkeep/measure.js';
import { tempDir } from '../../support/temp-store.js';

test('a folder with links and odd names is as large as du says, and is counted once', async (t) => {
  const root = tempDir(t);
  mkdirSync(join(root, 'a/b'), { recursive: true });
  writeFileSync(join(root, 'a/file'), 'x'.repeat(12_345));
  linkSync(join(root, 'a/file'), join(root, 'a/b/link'));
  symlinkSync('nowhere', join(root, 'a/symlink'));
  writeFileSync(Buffer.concat([Buffer.from(`${root}/a/`), Buffer.from([0xff, 0xfe])]), 'y'.repeat(77));
  writeFileSync(join(root, 'a/ä'), 'z');
  const expected = Number(execFileSync('du', ['-sb', root], { encoding: 'utf8' }).split('\t')[0]);
  const measure = createMeasure(new AbortController().signal);
  const file = measure.file(join(root, 'a/file'));
  t.is(file, 12_345);
  t.is(measure.file(join(root, 'a/file')), 0);
  t.is(file + (await measure.folder(root)), expected);
  t.is(await measure.folder(root), 0);
  t.is(measure.file(join(root, 'gone')), 0);
  t.is(await measure.folder(join(root, 'gone')), 0);
});

test('what is skipped is not counted, and an interrupted measure ends', async (t) => {
  const root = tempDir(t);
  writeFileSync(join(root, 'x'), 'x'.repeat(5000));
  const measure = createMeasure(new AbortController().signal);
  measure.skip(join(root, 'x'));
  t.true((await measure.folder(root)) < 5000);
  await t.throwsAsync(createMeasure(AbortSignal.abort()).folder(root), { code: 'ABORTED' });
});
