// Records before and after their layers are on the disk: found at once, kept across boots only when synced.
import { readdirSync, renameSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import type { StepKey } from '../../../src/cache/step-key.js';
import { putRecord, readRecord, removeRecord } from '../../../src/cache/step-records.js';
import { putLayer } from '../../../src/store/put-layer.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { removeOtherBoots } from '../../../src/store/temporary-files.js';
import { tempDir } from '../../support/temp-store.js';
import { file } from '../../support/sandbox-rootfs.js';

const KEY = 'ab'.repeat(32) as StepKey;

async function addLayer(store: Store, text: string) {
  const { diffId, size } = await putLayer(store.paths, [file('text', text)]);
  return { diffId, size, created: '2026-01-01T00:00:00Z', inputs: {} };
}

/** What the store looks like to the next boot of the machine. */
function reboot({ paths }: Store): void {
  const [boot] = readdirSync(paths.unsynced);
  renameSync(join(paths.unsynced, boot!), join(paths.unsynced, '00000000-0000-4000-8000-000000000000'));
}

test('a record is found at once, and by other builds of the same boot', async (t) => {
  const root = tempDir(t);
  const record = await addLayer(openStore(root), 'layer');
  putRecord(openStore(root), KEY, record);
  t.deepEqual(readRecord(openStore(root), KEY), record);
});

test('a record that was not synced does not outlive the boot', async (t) => {
  const store = openStore(tempDir(t));
  putRecord(store, KEY, await addLayer(store, 'layer'));
  reboot(store);
  t.is(readRecord(store, KEY), undefined);
  removeOtherBoots(store.paths);
  t.deepEqual(readdirSync(store.paths.unsynced), []);
});

test('a synced record outlives the boot', async (t) => {
  const store = openStore(tempDir(t));
  const record = await addLayer(store, 'layer');
  putRecord(store, KEY, record);
  await store.unsynced.sync();
  reboot(store);
  t.deepEqual(readRecord(store, KEY), record);
});

test('who finds a record of a build that was killed syncs it with its own', async (t) => {
  const root = tempDir(t);
  const killed = openStore(root);
  const record = await addLayer(killed, 'layer');
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
  const older = await addLayer(first, 'older');
  const newer = await addLayer(second, 'newer');
  putRecord(first, KEY, older);
  putRecord(second, KEY, newer);
  t.deepEqual(readRecord(openStore(root), KEY), newer);
  await first.unsynced.sync();
  reboot(first);
  t.deepEqual(readRecord(openStore(root), KEY), older);
});

test('a removed record is gone, synced or not', async (t) => {
  const store = openStore(tempDir(t));
  putRecord(store, KEY, await addLayer(store, 'layer'));
  await store.unsynced.sync();
  putRecord(store, KEY, await addLayer(store, 'layer'));
  removeRecord(store, KEY);
  t.is(readRecord(store, KEY), undefined);
});
