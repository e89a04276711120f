import test from 'ava';
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import { isKnownPair, rememberPair } from '../../../src/store/layer-pairs.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

test('a pair is known once it was seen, and no other one with it', (t) => {
  const { paths } = openStore(tempDir(t));
  const pair = { blob: digestOf('blob'), diffId: digestOf('tar') as DiffId };
  t.false(isKnownPair(paths, pair));
  rememberPair(paths, pair);
  t.true(isKnownPair(paths, pair));
  t.false(isKnownPair(paths, { ...pair, blob: digestOf('other') }));
  t.false(isKnownPair(paths, { ...pair, diffId: digestOf('other') as DiffId }));
  const [name = ''] = readdirSync(paths.selections);
  writeFileSync(join(paths.selections, name), 'cut');
  t.false(isKnownPair(paths, pair));
});
