// Records before and after their layers are on the disk: found at once, kept across boots only when synced.
import { readdirSync, renameSync, rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { rememberStep } from '../../../src/cache/last-steps.js';
import type { Place } from '../../../src/cache/record-source.js';
import type { StepKey } from '../../../src/cache/step-key.js';
import { findRecord, putRecord, removeRecord, storeRecords } from '../../../src/cache/step-records.js';
import type { DiffId } from '../../../src/core/digest.js';
import { putLayer } from '../../../src/store/put-layer.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { removeOtherBoots } from '../../../src/store/temporary-files.js';
import { tempDir } from '../../support/temp-store.js';
import { file } from '../../support/sandbox-rootfs.js';

const KEY = 'ab'.repeat(32) as StepKey;
const OTHER = 'cd'.repeat(32) as StepKey;
const PLACE = 'ef'.repeat(32) as Place;

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
  t.deepEqual(findRecord(openStore(root), KEY)?.record, record);
});

test('a record that was not synced does not outlive the boot', async (t) => {
  const store = openStore(tempDir(t));
  putRecord(store, KEY, await addLayer(store, 'layer'));
  reboot(store);
  t.is(findRecord(store, KEY)?.record, undefined);
  removeOtherBoots(store.paths);
  t.deepEqual(readdirSync(store.paths.unsynced), []);
});

test('a synced record outlives the boot', async (t) => {
  const store = openStore(tempDir(t));
  const record = await addLayer(store, 'layer');
  putRecord(store, KEY, record);
  await store.unsynced.sync();
  reboot(store);
  t.deepEqual(findRecord(store, KEY)?.record, record);
});

test('who finds a record of a build that was killed syncs it with its own', async (t) => {
  const root = tempDir(t);
  const killed = openStore(root);
  const record = await addLayer(killed, 'layer');
  putRecord(killed, KEY, record);
  const next = openStore(root);
  await findRecord(next, KEY)?.use();
  await next.unsynced.sync();
  reboot(next);
  t.deepEqual(findRecord(next, KEY)?.record, record);
});

test('a newer record counts, and is not made durable by the sync of another build', async (t) => {
  const root = tempDir(t);
  const [first, second] = [openStore(root), openStore(root)];
  const older = await addLayer(first, 'older');
  const newer = await addLayer(second, 'newer');
  putRecord(first, KEY, older);
  putRecord(second, KEY, newer);
  t.deepEqual(findRecord(openStore(root), KEY)?.record, newer);
  await first.unsynced.sync();
  reboot(first);
  t.deepEqual(findRecord(openStore(root), KEY)?.record, older);
});

test('a removed record is gone, synced or not', async (t) => {
  const store = openStore(tempDir(t));
  putRecord(store, KEY, await addLayer(store, 'layer'));
  await store.unsynced.sync();
  putRecord(store, KEY, await addLayer(store, 'layer'));
  removeRecord(store, KEY);
  t.is(findRecord(store, KEY)?.record, undefined);
});

for (const [part, remove] of [
  ['blob', (store: Store, diffId: DiffId) => rmSync(store.paths.blob(diffId))],
  ['blob', (store: Store, diffId: DiffId) => writeFileSync(store.paths.blob(diffId), 'longer layer')],
  ['index', (store: Store, diffId: DiffId) => rmSync(store.paths.index(diffId))],
] as const)
  test(`a record is said to have lost its ${part}: ${remove}`, async (t) => {
    const store = openStore(tempDir(t));
    const record = await addLayer(store, 'layer');
    putRecord(store, KEY, record);
    t.is(findRecord(store, KEY)?.lost, undefined);
    remove(store, record.diffId);
    t.is(findRecord(store, KEY)?.lost, part);
  });

test('the source of the store tells what was made at a place the last time', async (t) => {
  const store = openStore(tempDir(t));
  const source = storeRecords(store);
  t.is(await source.lastAt?.(PLACE), undefined);
  putRecord(store, KEY, { ...(await addLayer(store, 'layer')), inputs: { op: 'run' } });
  rememberStep(store, PLACE, { key: KEY, isRefused: false });
  t.deepEqual(await source.lastAt?.(PLACE), { key: KEY, isRefused: false, inputs: { op: 'run' } });
  rememberStep(store, PLACE, { key: OTHER, isRefused: true });
  t.deepEqual(await source.lastAt?.(PLACE), { key: OTHER, isRefused: true, inputs: undefined });
  writeFileSync(join(store.paths.last, PLACE), KEY.slice(1));
  t.is(await source.lastAt?.(PLACE), undefined);
});
