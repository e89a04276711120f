import { writeFileSync } from 'node:fs';
import test from 'ava';
import { explainByDamage, verifyTars } from '../../../src/images/verify-tars.js';
import { madeLayer } from '../../../src/images/layer.js';
import { TsbuildError } from '../../../src/core/errors.js';
import { openStore } from '../../../src/store/store.js';
import { addLayer, file } from '../../support/sandbox-rootfs.js';
import { tempDir } from '../../support/temp-store.js';

async function scene(t: Parameters<typeof tempDir>[0]) {
  const store = openStore(tempDir(t));
  const [good, bad] = [await addLayer(store, [file('a', '1')]), await addLayer(store, [file('b', '2')])];
  const path = store.paths.blob(bad.diffId);
  const checking = { store, signal: new AbortController().signal };
  const nodes = [good, bad].flatMap(({ diffId }) =>
    store.readIndex(diffId).flatMap((entry) => (entry.kind === 'node' ? [entry.node] : [])),
  );
  return { store, checking, nodes, good, bad, damage: () => writeFileSync(path, Buffer.alloc(bad.size)) };
}

test('layers that are what they are called pass; one that is not is deleted', async (t) => {
  const { store, checking, nodes, good, bad, damage } = await scene(t);
  await t.notThrowsAsync(verifyTars(checking, nodes));
  damage();
  t.like(await t.throwsAsync(verifyTars(checking, nodes)), { code: 'STORE_CORRUPT' });
  t.deepEqual([store.hasBlob(good.diffId), store.hasBlob(bad.diffId)], [true, false]);
});

test('a failure that damage can explain is looked into, and no other', async (t) => {
  const { store, checking, good, bad, damage } = await scene(t);
  const layers = [good, bad].map((layer) => madeLayer(layer, undefined));
  const invalid = new TsbuildError('LAYER_INVALID', 'tar: nonsense');
  t.is(await explainByDamage(checking, layers, invalid), invalid);
  damage();
  const exit = new TsbuildError('STEP_EXIT_NONZERO', 'no');
  const bug = new Error('a bug');
  t.deepEqual(
    [await explainByDamage(checking, layers, exit), await explainByDamage(checking, layers, bug)],
    [exit, bug],
  );
  t.true(store.hasBlob(bad.diffId));
  t.like(await explainByDamage(checking, layers, invalid), { code: 'STORE_CORRUPT' });
  t.false(store.hasBlob(bad.diffId));
});
