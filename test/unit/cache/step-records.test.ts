// Records before and after their layers are on the disk: found at once, kept across boots only when synced.
import { existsSync, mkdirSync, readFileSync, readdirSync, renameSync, writeFileSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test from 'ava';
import type { StepKey } from '../../../src/cache/step-key.js';
import { putRecord, readRecord, removeRecord } from '../../../src/cache/step-records.js';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import { putLayer } from '../../../src/store/put-layer.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { removeOtherBoots } from '../../../src/store/temporary-files.js';
import { tempDir } from '../../support/temp-store.js';
import { encodeIndex } from '../../../src/layer/index-codec.js';

const KEY = 'ab'.repeat(32) as StepKey;

function addLayer(store: Store, text: string) {
  const diffId = digestOf(text) as DiffId;
  const temporary = store.temporaryPath();
  writeFileSync(temporary, text);
  putLayer(store.paths, { diffId, size: text.length, indexText: encodeIndex([]), temporary });
  return { diffId, size: text.length, created: '2026-01-01T00:00:00Z', inputs: {} };
}

/** What the store looks like to the next boot of the machine. */
function reboot({ paths }: Store): void {
  const [boot] = readdirSync(paths.unsynced);
  renameSync(join(paths.unsynced, boot!), join(paths.unsynced, '00000000-0000-4000-8000-000000000000'));
}

test('a record is found at once, and by other builds of the same boot', (t) => {
  const root = tempDir(t);
  const record = addLayer(openStore(root), 'layer');
  putRecord(openStore(root), KEY, record);
  t.deepEqual(readRecord(openStore(root), KEY), record);
});

test('a record that was not synced does not outlive the boot', (t) => {
  const store = openStore(tempDir(t));
  putRecord(store, KEY, addLayer(store, 'layer'));
  reboot(store);
  t.is(readRecord(store, KEY), undefined);
  removeOtherBoots(store.paths);
  t.deepEqual(readdirSync(store.paths.unsynced), []);
});

test('a synced record outlives the boot', async (t) => {
  const store = openStore(tempDir(t));
  const record = addLayer(store, 'layer');
  putRecord(store, KEY, record);
  await store.unsynced.sync();
  reboot(store);
  t.deepEqual(readRecord(store, KEY), record);
});

test('who finds a record of a build that was killed syncs it with its own', async (t) => {
  const root = tempDir(t);
  const killed = openStore(root);
  const record = addLayer(killed, 'layer');
  putRecord(killed, KEY, record);
  const next = openStore(root);
  readRecord(next, KEY);
  await next.unsynced.sync();
  reboot(next);
  t.deepEqual(readRecord(next, KEY), record);
});

test('a newer record counts, and is not made durable by the sync of another build', async (t) => {
  const root = tempDir(t);
  const [first, second] = [openStore(root), openStore(root)];
  const older = addLayer(first, 'older');
  const newer = addLayer(second, 'newer');
  putRecord(first, KEY, older);
  putRecord(second, KEY, newer);
  t.deepEqual(readRecord(openStore(root), KEY), newer);
  await first.unsynced.sync();
  reboot(first);
  t.deepEqual(readRecord(openStore(root), KEY), older);
});

test('a removed record is gone, synced or not', async (t) => {
  const store = openStore(tempDir(t));
  putRecord(store, KEY, addLayer(store, 'layer'));
  await store.unsynced.sync();
  putRecord(store, KEY, addLayer(store, 'layer'));
  removeRecord(store, KEY);
  t.is(readRecord(store, KEY), undefined);
});

test('a blob that lost its content is replaced, one of the right size stays', (t) => {
  const store = openStore(tempDir(t));
  const { diffId } = addLayer(store, 'layer');
  const path = store.paths.blob(diffId);
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, '');
  writeFileSync(store.paths.index(diffId), '');
  addLayer(store, 'layer');
  t.is(readFileSync(path, 'utf8'), 'layer');
  t.deepEqual(store.readIndex(diffId), []);
  addLayer(store, 'layer');
  t.true(existsSync(path));
  t.deepEqual(readdirSync(store.paths.tmp), []);
});
