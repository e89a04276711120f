// Manifests and configs of the store.
import test from 'ava';
import { mkdirSync, readdirSync, readFileSync, rmSync, statSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { digestOf } from '../../../src/core/digest.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../layer/tar/support/temp-dir.js';

test('blobs that are missing are written together, and others are left alone', async (t) => {
  const store = openStore(tempDir(t));
  const [there, missing] = [Buffer.from('{"there":1}'), Buffer.from('{"missing":1}')];
  await store.putSmallBlobs([there]);
  const path = store.paths.blob(digestOf(there));
  const before = statSync(path);
  await store.putSmallBlobs([there, missing]);
  t.is(statSync(path).ino, before.ino);
  t.deepEqual(readFileSync(store.paths.blob(digestOf(missing))), missing);
  t.deepEqual(readdirSync(store.paths.tmp), []);
});

test('a blob that cannot be written leaves nothing behind', async (t) => {
  const store = openStore(tempDir(t));
  const blobs = join(store.paths.oci, 'blobs', 'sha256');
  rmSync(blobs, { recursive: true });
  writeFileSync(blobs, 'in the way');
  await t.throwsAsync(store.putSmallBlobs([Buffer.from('{}')]));
  t.deepEqual(readdirSync(store.paths.tmp), []);
  rmSync(blobs);
  mkdirSync(blobs);
  await store.putSmallBlobs([Buffer.from('{}')]);
  t.is(readdirSync(blobs).length, 1);
});
