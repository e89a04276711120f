import test from 'ava';
import { clampTimes } from '../../../src/images/clamp-times.js';
import { madeLayer } from '../../../src/images/layer.js';
import { createRig } from '../../rig/rig.js';
import { addLayer, file, MTIME } from '../../support/sandbox-rootfs.js';

test('layers made here get no time after the date; those of a base, and those that have none, stay', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  await rig.inStage('FROM base\n', async ({ run, tools }) => {
    const epoch = MTIME + 10;
    const old = madeLayer(await addLayer(tools.store, [file('old', '')]), 'then');
    const late = [file('late', '', { mtime: epoch, mtimeNsec: 1 }), file('old', '')];
    const young = madeLayer(await addLayer(tools.store, late), 'then');
    const [base, kept, clamped] = await clampTimes(tools, [...run.layers, old, young], epoch);
    t.deepEqual([base, kept], [run.layers[0], old]);
    t.not(clamped?.diffId, young.diffId);
    t.is(clamped?.created, 'then');
    const times = tools.store
      .readIndex(clamped!.diffId)
      .map((entry) => (entry.kind === 'node' ? [entry.node.mtime, entry.node.mtimeNsec] : []));
    t.deepEqual(times, [
      [epoch, 0],
      [MTIME, 0],
    ]);
    t.true(tools.files.isMissing(run.layers[0]!));
  });
});

test('a layer that comes from a cache was made by a build, and gets no time after the date', async (t) => {
  const rig = createRig(t);
  await rig.inStage('FROM scratch\n', async ({ tools }) => {
    const late = await addLayer(tools.store, [file('late', 'x', { mtime: MTIME + 20 })]);
    const source = { name: 'cache', open: () => t.fail() as never };
    const layer = { ...madeLayer(late, 'then'), source };
    const [clamped] = await clampTimes(tools, [layer], MTIME + 10);
    t.not(clamped?.diffId, layer.diffId);
    t.is(clamped?.source, undefined);
  });
});
