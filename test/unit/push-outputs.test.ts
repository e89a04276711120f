// Builds that push, with the registry in the hands of the test: what goes there, when, and what does not.
import test from 'ava';
import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync } from 'node:zlib';
import { digestOf, type Digest } from '../../src/core/digest.js';
import { TsbuildError } from '../../src/core/errors.js';
import { MEDIA } from '../../src/oci/types.js';
import type { ImageOutput } from '../../src/plan/request.js';
import { findImage } from '../../src/store/image-names.js';
import { createRig, type Rig } from '../rig/rig.js';
import { file } from '../support/sandbox-rootfs.js';

const push = (output: Partial<ImageOutput> = {}): ImageOutput => ({ type: 'image', push: true, ...output });
const linesOf = (rig: Rig, word: string) => rig.pushed.log.filter((line) => line.startsWith(word));

/** Resolves when the registry has logged such a line. */
function logged(rig: Rig, pattern: RegExp): Promise<void> {
  return new Promise((resolve) => {
    const look = (): void => {
      if (rig.pushed.log.some((line) => pattern.test(line))) resolve();
      else setImmediate(look);
    };
    look();
  });
}

test('the layers are gzip, the manifest names them, and the result is what the registry has', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  const { digest, names, configDigest } = await rig.build('FROM scratch\nRUN one\n', {
    tags: ['r.test/app:1'],
    outputs: [push()],
  }).result;
  const manifest = rig.pushed.manifests.get('r.test/app:1')!;
  t.like(manifest, { mediaType: MEDIA.ociManifest, config: { digest: configDigest as Digest } });
  t.true(rig.pushed.manifests.has(`r.test/app@${digest}`));
  t.deepEqual(names, ['r.test/app:1']);
  const [layer] = manifest.layers;
  t.is(layer?.mediaType, MEDIA.ociLayerGzip);
  const { rootfs } = JSON.parse(rig.pushed.bytesOf('r.test/app', manifest.config.digest)!.toString()) as {
    rootfs: { diff_ids: string[] };
  };
  t.deepEqual(rootfs.diff_ids, [digestOf(gunzipSync(rig.pushed.bytesOf('r.test/app', layer!.digest)!))]);
});

test('a layer is sent while later steps run, and only a layer of the image', async (t) => {
  const rig = createRig(t);
  const text =
    'FROM scratch AS side\nRUN side\nFROM scratch AS base\nRUN one\nFROM base\nRUN two\nCOPY --from=side /s /\n';
  const build = rig.build(text, { tags: ['r.test/app:1'], outputs: [push()] });
  const [one, side] = await Promise.all([rig.nextRun('one'), rig.nextRun('side')]);
  side.writes([file('s', 'side')]);
  side.exits();
  one.writes([file('f', 'one')]);
  one.exits();
  const two = await rig.nextRun('two');
  await logged(rig, /^sent sha256:\w+ to r\.test\/app$/);
  t.deepEqual(linesOf(rig, 'put'), []);
  two.writes([file('g', 'two')]);
  two.exits();
  await build.result;
  // Three layers and the config.
  t.is(linesOf(rig, 'sent').length, 4);
  t.is(rig.pushed.log.at(-1), 'put r.test/app:1');
});

test('a large layer whose turn comes when it is whole is sent all the same', async (t) => {
  const rig = createRig(t);
  rig.pushed.isLate = true;
  rig.endAll((command) => [file('f', `${command}\n`.repeat(4 << 20))]);
  const tags = ['r.test/app:1'];
  await rig.build('FROM scratch\nRUN large\n', { tags, outputs: [push()] }).result;
  const [layer] = rig.pushed.manifests.get('r.test/app:1')!.layers;
  t.is(digestOf(rig.pushed.bytesOf('r.test/app', layer!.digest)!), layer!.digest);
  t.is(linesOf(rig, 'sent while').length, 1);
});

test('a large layer is sent while it is compressed, unless it goes to several repositories', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', `${command}\n`.repeat(4 << 20))]);
  const tags = ['r.test/app:1'];
  await rig.build('FROM scratch\nRUN large\n', { tags, outputs: [push()] }).result;
  const [layer] = rig.pushed.manifests.get('r.test/app:1')!.layers;
  t.true(rig.pushed.log.includes(`sent while it grew ${layer!.digest} to r.test/app`));
  t.is(digestOf(rig.pushed.bytesOf('r.test/app', layer!.digest)!), layer!.digest);
  const several = [...tags, 'r.test/other:1'];
  await rig.build('FROM scratch\nRUN again\n', { tags: several, outputs: [push()] }).result;
  t.is(linesOf(rig, 'sent while').length, 1);
});

test('a build that fails has put no manifest', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch\nRUN one\nRUN two\n', { tags: ['r.test/app:1'], outputs: [push()] });
  const one = await rig.nextRun('one');
  one.writes([file('f', 'one')]);
  one.exits();
  const two = await rig.nextRun('two');
  await logged(rig, /^sent/);
  two.exits(1);
  t.is((await build.failure()).code, 'STEP_EXIT_NONZERO');
  t.deepEqual([...rig.pushed.manifests], []);
  t.deepEqual(
    rig.left().filter((name) => !name.endsWith('.lock')),
    [],
  );
});

test('a layer with a secret in it is not sent', async (t) => {
  const rig = createRig(t);
  const build = rig.build('FROM scratch\nRUN --mount=type=secret,id=key leak\n', {
    tags: ['r.test/app:1'],
    outputs: [push()],
    secrets: [{ id: 'key', value: Buffer.from('a-long-secret-value') }],
  });
  const leak = await rig.nextRun('leak');
  leak.writes([file('f', 'a-long-secret-value')]);
  leak.exits();
  t.is((await build.failure()).code, 'SECRET_LEAKED');
  t.deepEqual(rig.pushed.log, []);
});

test('a push that fails fails the build, and the image gets no name', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  rig.pushed.refuse = () => {
    throw new TsbuildError('REGISTRY_UNAUTHORIZED', 'r.test/app: denied');
  };
  const request = { tags: ['r.test/app:1'], outputs: [push()] };
  const failure = await rig.build('FROM scratch\nRUN one\n', request).failure();
  t.is(failure.message, 'r.test/app: denied');
  t.is(findImage(rig.store.paths, 'r.test/app:1'), undefined);
  rig.pushed.refuse = () => undefined;
  const { executed } = await rig.build('FROM scratch\nRUN one\n', request).result;
  t.is(executed, 0);
  t.truthy(findImage(rig.store.paths, 'r.test/app:1'));
});

test('a base passes byte for byte, and is neither kept nor fetched twice', async (t) => {
  const rig = createRig(t);
  const { layers } = await rig.serve('base');
  const { descriptor } = layers[0]!;
  const text = 'FROM base\nENV a=b\n';
  await rig.build(text, { tags: ['r.test/app:1'], outputs: [push()] }).result;
  t.deepEqual(rig.pushed.manifests.get('r.test/app:1')!.layers, [descriptor]);
  t.deepEqual(linesOf(rig, `sent ${descriptor.digest}`).length, 1);
  t.false(existsSync(rig.store.paths.blob(descriptor.digest)));
  t.truthy(findImage(rig.store.paths, 'r.test/app:1'));

  // Another repository of the registry mounts it: nothing is fetched.
  const asked = rig.asked.filter((ask) => ask.startsWith('layer')).length;
  await rig.build(text, { tags: ['r.test/other:1'], outputs: [push()] }).result;
  t.deepEqual(linesOf(rig, `mounted ${descriptor.digest}`), [
    `mounted ${descriptor.digest} from r.test/app to r.test/other`,
  ]);
  t.is(rig.asked.filter((ask) => ask.startsWith('layer')).length, asked);
});

test('what is there is not sent again, and a tag that stands for the image is not put', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  const request = { tags: ['r.test/app:1'], outputs: [push()] };
  await rig.build('FROM scratch\nRUN one\n', request).result;
  const before = [...rig.pushed.log];
  await rig.build('FROM scratch\nRUN one\n', request).result;
  t.deepEqual(rig.pushed.log, before);
  await rig.build('FROM scratch\nRUN one\n', { ...request, tags: ['r.test/app:2'] }).result;
  t.deepEqual(rig.pushed.log, [...before, 'put r.test/app:2']);
});

test('force-compression makes the layers of the base anew', async (t) => {
  const rig = createRig(t);
  const { layers } = await rig.serve('base');
  await rig.build('FROM base\n', {
    tags: ['r.test/app:1'],
    outputs: [push({ compression: 'uncompressed', forceCompression: true })],
  }).result;
  const [layer] = rig.pushed.manifests.get('r.test/app:1')!.layers;
  t.like(layer, { mediaType: MEDIA.ociLayer, digest: layers[0]!.diffId as Digest });
});

test("docker's media types", async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  rig.endAll((command) => [file('f', command)]);
  await rig.build('FROM base\nRUN one\n', {
    tags: ['r.test/app:1'],
    outputs: [push({ ociMediaTypes: false })],
  }).result;
  t.like(rig.pushed.manifests.get('r.test/app:1'), {
    mediaType: MEDIA.dockerManifest,
    config: { mediaType: MEDIA.dockerConfig },
    layers: [{ mediaType: MEDIA.dockerLayerGzip }, { mediaType: MEDIA.dockerLayerGzip }],
  });
});

test('annotations of the build and of the output; those of the descriptor are in the metadata', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  const metadataFile = join(rig.context, '..', 'metadata.json');
  const { digest, configDigest } = await rig.build('FROM scratch\nRUN one\n', {
    tags: ['r.test/app:1', 'r.test/app:2'],
    annotations: ['a=1', 'b=1'],
    outputs: [push({ annotations: ['b=2', 'manifest-descriptor:c=3'] })],
    metadataFile,
  }).result;
  t.deepEqual(rig.pushed.manifests.get('r.test/app:1')!.annotations, { a: '1', b: '2' });
  const metadata = JSON.parse(readFileSync(metadataFile, 'utf8')) as Record<string, object>;
  t.like(metadata, {
    'containerimage.digest': digest,
    'containerimage.config.digest': configDigest,
    'image.name': 'r.test/app:1,r.test/app:2',
    'containerimage.descriptor': { mediaType: MEDIA.ociManifest, digest, annotations: { c: '3' } },
  } as object);
});

test('by digest: no tag is put, and the metadata names the repository', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  const metadataFile = join(rig.context, '..', 'metadata.json');
  const { digest } = await rig.build('FROM scratch\nRUN one\n', {
    outputs: [push({ pushByDigest: true, names: ['r.test/app'] })],
    metadataFile,
  }).result;
  t.deepEqual(linesOf(rig, 'put'), [`put r.test/app@${digest}`]);
  t.like(JSON.parse(readFileSync(metadataFile, 'utf8')), {
    'image.name': 'r.test/app',
    'containerimage.digest': digest,
  });
});

test('the rows of the step are those of BuildKit', async (t) => {
  const rig = createRig(t);
  rig.endAll((command) => [file('f', command)]);
  const build = rig.build('FROM scratch\nRUN one\n', { tags: ['r.test/app:1'], outputs: [push()] });
  const { digest, configDigest } = await build.result;
  const rows = build.events.flatMap((event) =>
    event.kind === 'step-progress' && event.id === 'exporting to image' && event.isDone ? [event.item] : [],
  );
  const others = rows.filter((row) => !row.startsWith('sha256:'));
  t.deepEqual(others, [
    'exporting layers',
    `exporting manifest ${digest}`,
    `exporting config ${configDigest}`,
    'pushing layers',
    `pushing manifest for r.test/app:1@${digest}`,
  ]);
});
