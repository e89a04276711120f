// In which order a layer gets its names, and what is left of one that was not finished.
import { existsSync, readFileSync, readdirSync, statSync, writeFileSync } from 'node:fs';
import test from 'ava';
import { digestOf } from '../../../src/core/digest.js';
import { putLayer } from '../../../src/store/put-layer.js';
import { openStore } from '../../../src/store/store.js';
import { dir, file } from '../../support/sandbox-rootfs.js';
import { tempDir } from '../../support/temp-store.js';

const ENTRIES = [dir('d'), file('d/f', 'text')];

test('a layer is its tar and its index, and has no name before its tree has one', async (t) => {
  const store = openStore(tempDir(t));
  const seen: boolean[] = [];
  const { diffId, blob, size } = await putLayer(store.paths, ENTRIES, {
    onWritten: (id) => seen.push(store.hasIndex(id), store.hasBlob(id)),
  });
  t.deepEqual(seen, [false, false]);
  t.is(blob, diffId);
  const tar = readFileSync(store.paths.blob(diffId));
  t.is(tar.length, size);
  t.is(digestOf(tar), diffId);
  t.deepEqual(
    store.readIndex(diffId).map(({ path }) => path as string),
    ['d', 'd/f'],
  );
  t.deepEqual(readdirSync(store.paths.tmp), []);
});

test('a blob that lost its content is replaced, one of the right size stays', async (t) => {
  const store = openStore(tempDir(t));
  const { diffId } = await putLayer(store.paths, ENTRIES);
  const path = store.paths.blob(diffId);
  writeFileSync(path, '');
  writeFileSync(store.paths.index(diffId), '');
  await putLayer(store.paths, ENTRIES);
  t.is(digestOf(readFileSync(path)), diffId);
  t.is(store.readIndex(diffId).length, 2);
  const { ino } = statSync(path);
  await putLayer(store.paths, ENTRIES);
  t.is(statSync(path).ino, ino);
  t.deepEqual(readdirSync(store.paths.tmp), []);
});

test('contents come out of layers that are there; one that is damaged is deleted', async (t) => {
  const store = openStore(tempDir(t));
  const below = await putLayer(store.paths, ENTRIES);
  const index = store.readIndex(below.diffId);
  const above = await putLayer(store.paths, index, { openTar: store.openTar });
  t.is(above.diffId, below.diffId);
  const path = store.paths.blob(below.diffId);
  writeFileSync(path, readFileSync(path).fill('y'));
  await t.throwsAsync(putLayer(store.paths, index, { openTar: store.openTar }), {
    code: 'STORE_CORRUPT',
    message: `the layer ${below.diffId} was damaged in the store, and was deleted`,
  });
  t.false(existsSync(path));
});

test('what fails leaves nothing', async (t) => {
  const store = openStore(tempDir(t));
  const failing = putLayer(store.paths, ENTRIES, {
    onWritten() {
      throw new Error('no tree');
    },
  });
  await t.throwsAsync(failing, { message: 'no tree' });
  t.deepEqual(readdirSync(store.paths.tmp), []);
  await t.throwsAsync(putLayer(store.paths, ENTRIES, { signal: AbortSignal.abort() }), { code: 'ABORTED' });
  t.deepEqual(readdirSync(store.paths.tmp), []);
});
