import test from 'ava';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { TsbuildError } from '../../../src/core/errors.js';
import { exclusiveFile } from '../../../src/store/exclusive-file.js';
import { tempDir } from '../../support/temp-store.js';

test('one holder at a time; who did not take it does not free it', (t) => {
  const path = join(tempDir(t), 'lock');
  const [first, second] = [exclusiveFile(path), exclusiveFile(path)];
  t.true(first.tryTake());
  t.false(second.tryTake());
  second.release();
  t.false(second.tryTake());
  first.release();
  t.true(second.tryTake());
  second.release();
  t.false(existsSync(`${path}.held`));
  t.true(first.hint.includes(`rm ${path}.held`));
});

test('a folder that cannot be written is told, not waited for', (t) => {
  const error = t.throws(() => exclusiveFile('/proc/lock').tryTake());
  t.true(error instanceof TsbuildError || (error as NodeJS.ErrnoException).code === 'ENOENT');
});
