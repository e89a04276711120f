// Tree views of chains of layers: what is decoded and fetched for them, and when.
import test from 'ava';
import { createTrees } from '../../../src/images/trees.js';
import { fromUtf8 } from '../../../src/core/bytes.js';
import { createRig } from '../../rig/rig.js';
import { dir, file } from '../../support/sandbox-rootfs.js';

const LAYERS = [
  [dir('d'), file('d/a', 'below'), file('d/b', 'below')],
  [dir('d'), file('d/a', 'above!')],
];
const A = fromUtf8('d/a');
const B = fromUtf8('d/b');

test('the tree of a chain: what is above hides what is below', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { layers: LAYERS });
  await rig.inStage('FROM base\n', async ({ run, tools: { trees } }) => {
    const whole = await trees.whole(run.layers);
    t.deepEqual([whole.get(A)?.size, whole.get(B)?.size], [6, 5]);
    const sparse = await trees.lookup(run.layers);
    t.deepEqual([sparse.get(A)?.size, sparse.get(B)?.size, sparse.get(fromUtf8('no'))], [6, 5, undefined]);
    t.is((await trees.lookup([])).get(A), undefined);
  });
});

test('a chain that goes on has what was decoded of the one below', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { layers: LAYERS });
  await rig.inStage('FROM base\n', async ({ run, tools }) => {
    let decoded = 0;
    const store = {
      ...tools.store,
      readIndex(diffId: Parameters<typeof tools.store.readIndex>[0]) {
        decoded++;
        return tools.store.readIndex(diffId);
      },
    };
    const trees = createTrees({
      ...tools,
      store,
      contentDigests: { of: (_, compute) => compute(), save: () => {} },
    });
    await trees.lookup(run.layers);
    t.is(decoded, 0);
    await trees.whole(run.layers.slice(0, 1));
    t.is(decoded, 1);
    await Promise.all([trees.whole(run.layers), trees.whole(run.layers)]);
    t.is(decoded, 2);
  });
});

test('the tars of the layers that hold the content are brought, and no others', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { layers: LAYERS });
  await rig.inStage('FROM base\n', async ({ run, tools: { trees, store } }) => {
    const [below, above] = run.layers.map(({ diffId }) => diffId);
    const whole = await trees.whole(run.layers);
    await trees.bringTars(run.layers, [whole.get(B)!]);
    t.deepEqual([store.hasBlob(below!), store.hasBlob(above!)], [true, false]);
    await trees.bringContent(run.layers, whole, [A, fromUtf8('no')]);
    t.true(store.hasBlob(above!));
    t.is(whole.read(A, 100).toString(), 'above!');
  });
});
