// Layers of a base on their way to a RUN, from a registry that sends when the test says so: fetched ahead, once, and
// told when they are bad.
import test from 'ava';
import { TsbuildError } from '../../../src/core/errors.js';
import { areFetchedForIndexes, unpackAhead } from '../../../src/images/unpack-ahead.js';
import { createRig } from '../../rig/rig.js';
import { dir, file } from '../../support/sandbox-rootfs.js';

const layersOf = (count: number) =>
  Array.from({ length: count }, (_, i) => [dir('d'), file(`d/f${i}`, `${i}`)]);

test('the layers of the base are fetched side by side, and the process starts when the last is there', async (t) => {
  const rig = createRig(t);
  const { layers } = await rig.serve('base', { layers: layersOf(3) });
  rig.registry.hold('layer 0 of base', 'layer 1 of base', 'layer 2 of base');
  const build = rig.build('FROM base\nRUN one\n');
  const fetches = await Promise.all([0, 1, 2].map((i) => rig.nextAnswer(`layer ${i} of base`)));
  t.deepEqual(rig.started, []);
  for (const fetch of fetches.toReversed()) fetch.sends();
  const run = await rig.nextRun('one');
  t.deepEqual(
    run.layers.map(({ diffId }) => diffId),
    layers.map(({ diffId }) => diffId),
  );
  t.deepEqual([...rig.sandbox.unpacked].toSorted(), layers.map(({ diffId }) => diffId).toSorted());
  run.exits();
  await build.result;
  t.deepEqual(rig.left(), []);
});

test('two stages on one base: each layer is fetched once', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { layers: layersOf(2) });
  rig.endAll(() => []);
  await rig.build('FROM base AS a\nRUN a\nFROM base\nRUN b\nCOPY --from=a /d /e\n').result;
  t.deepEqual(rig.asked.toSorted(), ['config of base', 'layer 0 of base', 'layer 1 of base', 'resolve base']);
});

test('the layers are fetched while the sandbox is not there yet, and indexed when it never is', async (t) => {
  const rig = createRig(t);
  const { layers } = await rig.serve('base', { layers: layersOf(1) });
  rig.sandbox.refusal = new TsbuildError('SANDBOX_NO_USERNS', 'no namespaces here');
  const error = await rig.build('FROM base\nRUN one\n').failure();
  t.deepEqual([error.code, error.location?.startLine], ['SANDBOX_NO_USERNS', 2]);
  t.deepEqual(rig.sandbox.unpacked, []);
  t.deepEqual(rig.left(), []);
  rig.sandbox.refusal = undefined;
  rig.endAll(() => []);
  await rig.build('FROM base\nRUN one\n').result;
  t.true(rig.store.hasIndex(layers[0]!.diffId));
});

test('a base that is only built upon is not fetched', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { layers: layersOf(2) });
  await rig.build('FROM base\nENV A=1\nLABEL b=c\n').result;
  t.deepEqual(rig.asked, ['resolve base', 'config of base']);
});

test('a base whose layers are in the store is not asked for, and nothing is unpacked ahead', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { layers: layersOf(2) });
  rig.endAll(() => []);
  await rig.build('FROM base\nRUN one\n').result;
  const [asked, unpacked] = [rig.asked.length, rig.sandbox.unpacked.length];
  await rig.build('FROM base\nRUN two\n').result;
  t.deepEqual([rig.asked.length, rig.sandbox.unpacked.length], [asked, unpacked]);
});

test('a layer that is other than its diff id fails the step, with the name of the layer', async (t) => {
  const rig = createRig(t);
  const { layers } = await rig.serve('base', { layers: layersOf(2), damaged: [1] });
  const build = rig.build('FROM base\nRUN one\n');
  const error = await build.failure();
  t.deepEqual([error.code, error.location?.startLine], ['LAYER_INVALID', 2]);
  const { digest } = layers[1]!.descriptor;
  t.true(error.message.startsWith(`layer ${digest} of docker.io/library/base:latest: tar: `), error.message);
  t.deepEqual(rig.started, []);
  t.false(rig.store.hasBlob(digest));
  t.deepEqual(rig.left(), []);
});

test('a registry that fails in the middle of a layer fails the step, and the next build fetches it', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  rig.registry.hold('layer 0 of base');
  const build = rig.build('FROM base\nRUN one\n');
  const fetch = await rig.nextAnswer('layer 0 of base');
  fetch.sends(20);
  fetch.fails(new TsbuildError('REGISTRY_UNREACHABLE', 'the line is dead'));
  const error = await build.failure();
  t.deepEqual(
    [error.code, error.message, error.location?.startLine],
    ['REGISTRY_UNREACHABLE', 'the line is dead', 2],
  );
  t.deepEqual(rig.left(), []);
  rig.registry.release('layer 0 of base');
  rig.endAll(() => []);
  t.is((await rig.build('FROM base\nRUN one\n').result).executed, 1);
});

test('a failing stage ends the fetches of the others', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  rig.registry.hold('layer 0 of base');
  const build = rig.build('FROM base AS a\nRUN a\nFROM scratch\nRUN b\nCOPY --from=a / /\n');
  const [fetch, run] = await Promise.all([rig.nextAnswer('layer 0 of base'), rig.nextRun('b')]);
  run.exits(1);
  t.is((await build.failure()).location?.startLine, 4);
  t.true(fetch.isAborted);
  t.deepEqual(rig.left(), []);
});

test('a WORKDIR before a RUN fetches no more than it needs itself', async (t) => {
  const rig = createRig(t);
  await rig.serve('base', { layers: layersOf(2) });
  rig.endAll(() => []);
  await rig.build('FROM base\nWORKDIR /w\n').result;
  t.deepEqual(rig.asked.toSorted(), ['config of base', 'layer 0 of base', 'layer 1 of base', 'resolve base']);
  t.is(rig.sandbox.opened, 0);
  t.deepEqual([typeof unpackAhead, typeof areFetchedForIndexes], ['function', 'function']);
});
