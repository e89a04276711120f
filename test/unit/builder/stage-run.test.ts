import test from 'ava';
import {
  creationTime,
  parentOf,
  prepareRunAhead,
  startUnpacking,
  storedLayers,
} from '../../../src/builder/stage-run.js';
import { createRig } from '../../rig/rig.js';

test('a key knows the layers below, the platform and the date', async (t) => {
  const rig = createRig(t);
  const { layers } = await rig.serve('base');
  await rig.inStage('FROM base\n', async ({ run }) =>
    t.deepEqual(parentOf({ ...run, epoch: 5 }), {
      platform: run.platform,
      layers: layers.map(({ diffId }) => diffId),
      epoch: 5,
    }),
  );
});

test('files that the builder makes are of SOURCE_DATE_EPOCH, or of now to the nanosecond', async (t) => {
  const rig = createRig(t);
  await rig.inStage('FROM scratch\n', async ({ run }) => {
    t.deepEqual(creationTime({ ...run, epoch: 7 }), { mtime: 7, mtimeNsec: 0 });
    const tools = { ...run.tools, now: () => 12.5 };
    t.deepEqual(creationTime({ ...run, tools, epoch: undefined }), { mtime: 12, mtimeNsec: 500_000_000 });
  });
});

test('ahead of a RUN the sandbox starts and its layers are fetched; ahead of none nothing happens', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  await rig.inStage('FROM base\n', async ({ run }) => {
    const asked = rig.asked.length;
    prepareRunAhead(run);
    t.deepEqual([rig.sandbox.opened, rig.asked.length], [0, asked]);
    prepareRunAhead({ ...run, isRunAhead: true });
    startUnpacking(run);
    const [stored] = await storedLayers(run, run.layers);
    t.is(stored?.diffId, run.layers[0]!.diffId);
    t.deepEqual([rig.sandbox.opened, rig.sandbox.unpacked], [1, [stored!.diffId]]);
    t.is(rig.asked.filter((ask) => ask === 'layer 0 of base').length, 1);
  });
});
