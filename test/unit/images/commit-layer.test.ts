import { readdirSync } from 'node:fs';
import test from 'ava';
import { commitLayer, commitTar } from '../../../src/images/commit-layer.js';
import { fromUtf8, toUtf8 } from '../../../src/core/bytes.js';
import { openStore } from '../../../src/store/store.js';
import { file } from '../../support/sandbox-rootfs.js';
import { tempDir } from '../../support/temp-store.js';

const xattrs = { 'user.mine': fromUtf8('x'), 'security.capability': fromUtf8('c'.repeat(20)) };
const entries = [file('a', 'text', { xattrs })];
const signal = new AbortController().signal;

function namesOf(store: ReturnType<typeof openStore>, diffId: Parameters<typeof store.readIndex>[0]) {
  return store
    .readIndex(diffId)
    .map((entry) => [
      toUtf8(entry.path),
      entry.kind === 'node' ? Object.keys(entry.node.xattrs ?? {}).toSorted() : [],
    ]);
}

test('a layer of files keeps capabilities and no other attribute; a layer as it is keeps all', async (t) => {
  const store = openStore(tempDir(t));
  const layer = await commitLayer({ store, signal }, entries);
  t.deepEqual(namesOf(store, layer.diffId), [['a', ['security.capability']]]);
  const whole = await commitTar({ store, signal }, entries);
  t.deepEqual(namesOf(store, whole.diffId), [['a', ['security.capability', 'user.mine']]]);
  t.is(store.blobSize(layer.diffId), layer.size);
});

test('a signal ends it, and nothing is left', async (t) => {
  const store = openStore(tempDir(t));
  const stopped = { store, signal: AbortSignal.abort() };
  t.like(await t.throwsAsync(commitLayer(stopped, entries)), { code: 'ABORTED' });
  t.deepEqual(
    readdirSync(store.paths.tmp).filter((name) => name.startsWith('tmp-')),
    [],
  );
});
