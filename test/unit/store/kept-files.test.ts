// Small files that are kept beside an index: found by their place, and not at all when they are damaged.
import { readdirSync, writeFileSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import { putKeptFile, readKeptFile } from '../../../src/store/kept-files.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

test('a kept file', (t) => {
  const { paths } = openStore(tempDir(t));
  const ref = { kind: 'layer', diffId: digestOf('x') as DiffId, offset: 512 } as const;
  t.is(readKeptFile(paths, ref), undefined);
  for (const text of ['root:x:0:0::/:/bin/sh\n', '']) {
    putKeptFile(paths, ref, Buffer.from(text));
    t.is(readKeptFile(paths, ref)?.toString(), text);
  }
  t.is(readKeptFile(paths, { ...ref, offset: 1024 }), undefined);
  const [name] = readdirSync(join(paths.root, 'index'));
  const path = join(paths.root, 'index', name!);
  for (const damaged of [Buffer.from('short'), Buffer.alloc(0), readFileSync(path).fill(1, 0, 1)]) {
    writeFileSync(path, damaged);
    t.is(readKeptFile(paths, ref), undefined);
  }
});
