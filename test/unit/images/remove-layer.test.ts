import { execFileSync } from 'node:child_process';
import { chmodSync, existsSync, mkdirSync } from 'node:fs';
import { dirname, join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { removeLayer } from '../../../src/images/remove-layer.js';
import { createRig } from '../../rig/rig.js';
import { addLayer, file } from '../../support/sandbox-rootfs.js';

test('a layer goes with its index and its trees of every kind', async (t) => {
  const { store } = createRig(t);
  const { diffId } = await addLayer(store, [file('a', 'x')]);
  const trees = ['trees', 'trees-recorded', 'trees-plain'].map((kind) =>
    join(store.paths.local, kind, diffId.slice('sha256:'.length)),
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

test.serial(
  'a tree that the user cannot delete is left to the sandbox, and what it cannot is told',
  async (t) => {
    const { store } = createRig(t);
    const { diffId } = await addLayer(store, [file('a', 'x')]);
    const inner = join(store.paths.tree(diffId), 'd');
    mkdirSync(join(inner, 'e'), { recursive: true });
    const notes: string[] = [];
    const removeAsRoot = () => Promise.reject(new Error('no sandbox'));
    const remove = () =>
      removeLayer({ store, removeAsRoot, note: (message) => void notes.push(message) }, diffId);
    await (process.getuid?.() === 0
      ? asAnother(store.paths.root, inner, remove)
      : withoutWriting(t, inner, remove));
    t.true(existsSync(inner));
    t.regex(notes.join(), /holds the value of a secret.*no sandbox/);
  },
);

/** Root may delete everything: somebody else, whose the store is, and not `inner`, begins with the work. */
function asAnother<T>(root: string, inner: string, work: () => T): T {
  execFileSync('chown', ['-R', '1:1', dirname(root)]);
  execFileSync('chown', ['0:0', inner]);
  process.seteuid?.(1);
  try {
    return work();
  } finally {
    process.seteuid?.(0);
  }
}

function withoutWriting<T>(t: ExecutionContext, inner: string, work: () => T): T {
  chmodSync(inner, 0o500);
  t.teardown(() => chmodSync(inner, 0o700));
  return work();
}
