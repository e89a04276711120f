// References to images: asked for once, and not at all when the answer is known.
import test from 'ava';
import { createImageResolver } from '../../../src/images/resolve-image.js';
import { createRig, type Rig } from '../../rig/rig.js';

const PLATFORM = { os: 'linux', architecture: process.arch === 'arm64' ? 'arm64' : 'amd64' };

/** One build's resolver. */
const withResolver = <T>(
  rig: Rig,
  options: { readonly isPulled?: boolean },
  work: (resolve: ReturnType<typeof createImageResolver>) => Promise<T>,
) =>
  rig.inStage('FROM scratch\n', ({ tools }) =>
    work(
      createImageResolver({
        ...tools,
        registry: async () => rig.client,
        isPulled: options.isPulled ?? false,
      }),
    ),
  );

test('one name, however it is written, is asked for once in a build', async (t) => {
  const rig = createRig(t);
  const { layers } = await rig.serve('base');
  await withResolver(rig, {}, async (resolve) => {
    const names = ['base', 'base:latest', 'docker.io/library/base'];
    const images = await Promise.all(names.map((name) => resolve(name, PLATFORM)));
    t.is(new Set(images).size, 1);
    t.deepEqual(
      images[0]?.layers.map(({ diffId }) => diffId),
      layers.map(({ diffId }) => diffId),
    );
  });
  t.deepEqual(rig.asked, ['resolve base', 'config of base']);
});

test('what a tag stood for is remembered, and asked for anew with --pull', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  const resolve = (options: { readonly isPulled?: boolean } = {}) =>
    withResolver(rig, options, (one) => one('base', PLATFORM));
  const first = await resolve();
  t.is((await resolve()).manifest.digest, first.manifest.digest);
  t.is(rig.asked.length, 2);
  await resolve({ isPulled: true });
  // The config is in the store.
  t.deepEqual(rig.asked.slice(2), ['resolve base']);
});

test('an image that was built here is found before any registry', async (t) => {
  const rig = createRig(t);
  const { digest } = await rig.build('FROM scratch\nWORKDIR /w\n', { tags: ['base'] }).result;
  const image = await withResolver(rig, {}, (resolve) => resolve('base', PLATFORM));
  t.is(image.manifest.digest, digest as never);
  t.deepEqual(rig.asked, []);
});

test('an image that nobody has', async (t) => {
  const rig = createRig(t);
  await withResolver(rig, {}, async (resolve) =>
    t.like(await t.throwsAsync(resolve('none', PLATFORM)), { code: 'REGISTRY_NOT_FOUND' }),
  );
});

test('the bytes of a layer come from the repository of its image', async (t) => {
  const rig = createRig(t);
  await rig.serve('base');
  await withResolver(rig, {}, async (resolve) => {
    const [layer] = (await resolve('base', PLATFORM)).layers;
    const chunks: Buffer[] = [];
    for await (const chunk of layer!.source!.open(layer!.descriptor, new AbortController().signal))
      chunks.push(chunk);
    t.is(Buffer.concat(chunks).length, layer!.descriptor.size);
    t.is(layer!.source!.name, 'docker.io/library/base:latest');
  });
});

test('an image of the store that is for another platform is told and not taken', async (t) => {
  const rig = createRig(t);
  await rig.build('FROM scratch\nWORKDIR /w\n', { tags: ['base'] }).result;
  const { layers } = await rig.serve('base');
  const other = PLATFORM.architecture === 'arm64' ? 'amd64' : 'arm64';
  const image = await withResolver(rig, {}, (resolve) =>
    resolve('base', { os: 'linux', architecture: other }),
  );
  t.deepEqual(
    image.layers.map(({ diffId }) => diffId),
    layers.map(({ diffId }) => diffId),
  );
  t.deepEqual(rig.asked.slice(0, 1), ['resolve base']);
});
