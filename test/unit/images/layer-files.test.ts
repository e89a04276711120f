// The files of a layer of a registry: each brought once, and nothing before it is needed.
import { truncateSync } from 'node:fs';
import test from 'ava';
import { createLayerFiles, LAYERS_AT_A_TIME } from '../../../src/images/layer-files.js';
import { TsbuildError } from '../../../src/core/errors.js';
import { createRig } from '../../rig/rig.js';
import { dir, file } from '../../support/sandbox-rootfs.js';

const ENTRIES = [dir('etc'), file('etc/passwd', 'root:x:0:0::/root:/bin/sh\n'), file('x', 'content')];

test('blob, index and tar come from one fetch', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { layers: [ENTRIES] });
  await rig.inStage('FROM base\n', async ({ run, tools: { files, store } }) => {
    const [layer] = run.layers;
    t.true(files.isMissing(layer!));
    await Promise.all([files.index(layer!), files.stored(layer!), files.index(layer!)]);
    t.deepEqual([files.isMissing(layer!), store.hasIndex(layer!.diffId)], [false, true]);
    t.deepEqual(await files.stored(layer!), {
      diffId: layer!.diffId,
      blob: layer!.descriptor.digest,
      size: layer!.descriptor.size,
    });
    await Promise.all([files.tar(layer!), files.tar(layer!)]);
    t.is((await files.stored(layer!)).blob, layer!.diffId);
    t.is(rig.asked.filter((ask) => ask === 'layer 0 of base').length, 1);
  });
});

test('accounts are kept beside the index, and need no tar', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { layers: [ENTRIES] });
  await rig.inStage('FROM base\n', async ({ run, tools: { files, store } }) => {
    const [layer] = run.layers;
    await files.index(layer!);
    const contents = store
      .readIndex(layer!.diffId)
      .flatMap((entry) =>
        entry.kind === 'node' && entry.node.content?.kind === 'layer' ? [entry.node.content] : [],
      );
    t.deepEqual(
      contents.map((content) => files.readKept(content)?.toString()),
      ['root:x:0:0::/root:/bin/sh\n', undefined],
    );
    t.false(store.hasBlob(layer!.diffId));
  });
});

test('a fetch that fails fails everybody who waits for it, and settling waits for the end of it', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { layers: [ENTRIES] });
  rig.registry.hold('layer 0 of base');
  await rig.inStage('FROM base\n', async ({ run, tools }) => {
    const files = createLayerFiles(tools);
    const [layer] = run.layers;
    const both = Promise.allSettled([files.stored(layer!), files.index(layer!)]);
    (await rig.nextAnswer('layer 0 of base')).fails(new TsbuildError('REGISTRY_UNREACHABLE', 'no line'));
    await files.settle();
    t.deepEqual(
      (await both).map((one) => (one.status === 'rejected' ? (one.reason as Error).message : one.status)),
      ['no line', 'no line'],
    );
    t.true(files.isMissing(layer!));
  });
  t.deepEqual(rig.left(), []);
});

test('a blob that was cut short in the store is fetched again', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { layers: [ENTRIES] });
  await rig.inStage('FROM base\n', async ({ run, tools }) => {
    const [layer] = run.layers;
    await tools.files.blob(layer!);
    truncateSync(tools.store.paths.blob(layer!.descriptor.digest), 3);
    await createLayerFiles(tools).blob(layer!);
    t.true(tools.store.hasWholeBlob(layer!.descriptor));
  });
  t.is(rig.asked.filter((ask) => ask === 'layer 0 of base').length, 2);
  t.true(LAYERS_AT_A_TIME > 1);
});
