import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { isNewNote } from '../../../src/store/said-notes.js';
import { tempDir } from '../../support/temp-store.js';

test('a note is new once for a store, and so is one with other words', (t) => {
  const root = tempDir(t);
  const paths = { root, tmp: join(root, 'tmp') };
  mkdirSync(paths.tmp);
  t.true(isNewNote(paths, 'a'));
  t.false(isNewNote(paths, 'a'));
  t.true(isNewNote(paths, 'b'));
  t.false(isNewNote(paths, 'a'));
  for (let i = 0; i < 64; i++) t.true(isNewNote(paths, `n${i}`));
  t.true(isNewNote(paths, 'a'));
  t.true(isNewNote({ root: join(root, 'missing'), tmp: join(root, 'missing') }, 'a'));
});
