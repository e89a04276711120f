import { existsSync, mkdirSync } from 'node:fs';
import test from 'ava';
import { forgetLayer, inspectionBy } from '../../../../src/builder/secrets/forget-layer.js';
import { createSecretScan } from '../../../../src/builder/secrets/secret-scan.js';
import { createRig } from '../../../rig/rig.js';
import { addLayer, file } from '../../../support/sandbox-rootfs.js';

test('a layer is forgotten with its index and its tree', async (t) => {
  const rig = createRig(t);
  await rig.inStage('FROM scratch\n', async ({ tools }) => {
    const { diffId } = await addLayer(tools.store, [file('a', 'x')]);
    const tree = tools.store.paths.tree(diffId);
    mkdirSync(tree, { recursive: true });
    await forgetLayer(tools, diffId);
    t.deepEqual(
      [tools.store.hasBlob(diffId), tools.store.hasIndex(diffId), existsSync(tree)],
      [false, false, false],
    );
    t.is(rig.sandbox.opened, 0);
  });
});

test('what the cache is asked to refuse: definitions and layers with a secret in them', async (t) => {
  const rig = createRig(t);
  const request = { secrets: [{ id: 'a', value: Buffer.from('s3cr3t-value') }] };
  const work = async ({ tools }: Parameters<Parameters<typeof rig.inStage>[1]>[0]) => {
    tools.secrets.read('a');
    const scan = createSecretScan({ ...tools, request: tools.request });
    const inspection = inspectionBy(scan!, tools);
    const code = 'SECRET_LEAKED';
    t.like(
      t.throws(() => inspection.inputs({ env: ['A=s3cr3t-value'] }, 'RUN x')),
      { code },
    );
    t.notThrows(() => inspection.inputs({ env: ['A=b'] }, 'RUN x'));
    const clean = await addLayer(tools.store, [file('a', 'x')]);
    await t.notThrowsAsync(inspection.layer(clean.diffId, 'RUN x'));
    const dirty = await addLayer(tools.store, [file('a', 'the s3cr3t-value')]);
    t.like(await t.throwsAsync(inspection.layer(dirty.diffId, 'RUN x')), { code });
    await inspection.remove(dirty.diffId);
    t.false(tools.store.hasBlob(dirty.diffId));
  };
  await rig.inStage('FROM scratch\n', work, request);
});
