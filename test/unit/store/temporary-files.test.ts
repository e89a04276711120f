// Whose temporary files are deleted: those of nobody, whatever the clock says.
import test from 'ava';
import { readdirSync, utimesSync, writeFileSync } from 'node:fs';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

test('files of a build at work stay, however old; those of the dead go with the next build', (t) => {
  const root = tempDir(t);
  const [atWork, other] = [openStore(root), openStore(root)];
  const path = atWork.temporaryPath();
  writeFileSync(path, 'x');
  utimesSync(path, 1, 1);
  other.temporaries.release();
  t.is(readdirSync(atWork.paths.tmp).length, 1);
  // As the kernel does it when the process dies.
  atWork.temporaries.release();
  t.deepEqual(readdirSync(`${root}/v1/tmp`), []);
  writeFileSync(path, 'x');
  other.temporaries.release();
  t.deepEqual(readdirSync(`${root}/v1/tmp`), []);
});
