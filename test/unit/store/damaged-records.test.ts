// What is read of the store when its small files are damaged: a miss where the content can be had again, a failure
// where it cannot.
import { mkdirSync, writeFileSync } from 'node:fs';
import { createHash } from 'node:crypto';
import { dirname, join } from 'node:path';
import test from 'ava';
import { findRecord } from '../../../src/cache/step-records.js';
import type { StepKey } from '../../../src/cache/step-key.js';
import { readDownload } from '../../../src/store/downloads.js';
import { findImage } from '../../../src/store/image-names.js';
import { readResolvedReference } from '../../../src/store/resolved-references.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const KEY = 'ab'.repeat(32) as StepKey;
const sha256 = (text: string): string => createHash('sha256').update(text).digest('hex');

for (const content of [
  '',
  '{',
  'null',
  '[]',
  '5',
  '{"manifests":[null],"schemaVersion":2}',
  '{"diffId":null}',
]) {
  test(`small files that hold ${JSON.stringify(content)}`, (t) => {
    const store = openStore(tempDir(t));
    const { paths } = store;
    const files = [
      join(paths.cache, 'ab', `${KEY}.json`),
      join(paths.downloads, `${sha256('https://x.example/')}.json`),
      join(paths.refs, `${sha256(JSON.stringify(['a', 'linux/amd64']))}.json`),
      join(paths.oci, 'index.json'),
    ];
    for (const file of files) {
      mkdirSync(dirname(file), { recursive: true });
      writeFileSync(file, content);
    }
    t.is(findRecord(store, KEY), undefined);
    t.is(readDownload(paths, 'https://x.example/'), undefined);
    t.is(readResolvedReference(paths, 'a', 'linux/amd64'), undefined);
    t.like(
      t.throws(() => findImage(paths, 'a')),
      { code: 'STORE_CORRUPT' },
    );
  });
}
