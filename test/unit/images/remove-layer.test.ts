import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { removeLayer } from '../../../src/images/remove-layer.js';
import { createRig } from '../../rig/rig.js';
import { addLayer, file } from '../../support/sandbox-rootfs.js';

test('a layer goes with its index and its trees of every kind', async (t) => {
  const { store } = createRig(t);
  const { diffId } = await addLayer(store, [file('a', 'x')]);
  const trees = ['trees', 'trees-recorded', 'trees-plain'].map((kind) =>
    join(store.paths.root, kind, diffId.slice('sha256:'.length)),
  );
  for (const tree of trees) mkdirSync(join(tree, 'd'), { recursive: true });
  await removeLayer({ store, removeAsRoot: async () => t.fail(), note: t.fail }, diffId);
  t.deepEqual([store.hasBlob(diffId), store.hasIndex(diffId)], [false, false]);
  t.deepEqual(trees.filter(existsSync), []);
});

test('a layer of an image that has a name stays', async (t) => {
  const rig = createRig(t);
  const { digest } = await rig.build('FROM scratch\nWORKDIR /w\n', { tags: ['app'] }).result;
  const [layer] = rig.layersOf(digest);
  await removeLayer({ store: rig.store, removeAsRoot: async () => t.fail(), note: t.fail }, layer!);
  t.true(rig.store.hasBlob(layer!));
});

test('a tree that the user cannot delete is left to the sandbox, and what it cannot is told', async (t) => {
  if (process.getuid?.() === 0) return void t.pass();
  const { store } = createRig(t);
  const { diffId } = await addLayer(store, [file('a', 'x')]);
  const tree = store.paths.tree(diffId);
  mkdirSync(join(tree, 'd', 'e'), { recursive: true });
  chmodSync(join(tree, 'd'), 0o500);
  t.teardown(() => chmodSync(join(tree, 'd'), 0o700));
  const notes: string[] = [];
  const removeAsRoot = () => Promise.reject(new Error('no sandbox'));
  await removeLayer({ store, removeAsRoot, note: (message) => void notes.push(message) }, diffId);
  t.regex(notes.join(), /holds the value of a secret.*no sandbox/);
});
