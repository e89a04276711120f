// Files of layers: what is fetched, how often, and what is told of one that is damaged.
import test from 'ava';
import { readdirSync, writeFileSync } from 'node:fs';
import { TsbuildError } from '../../../src/core/errors.js';
import { createLayerFiles } from '../../../src/images/layer-files.js';
import type { Layer } from '../../../src/images/layer.js';
import type { LayerContent } from '../../../src/store/kept-files.js';
import type { Store } from '../../../src/store/store.js';
import { createMedium, filesWorld } from '../../support/fake-medium.js';
import { addLayer, dir, file } from '../../support/sandbox-rootfs.js';

const ENTRIES = [dir('etc'), file('etc/passwd', 'root:x:0:0::/:/bin/sh\n'), file('etc/x', 'text')];

function contentOf(store: Store, { diffId }: Layer, path: string): LayerContent {
  const entry = store.readIndex(diffId).find((each) => each.path === path);
  return (entry?.kind === 'node' && entry.node.content) as LayerContent;
}

test('a blob that ten ask for at once is fetched once, and indexed on the way', async (t) => {
  const medium = createMedium(t);
  const { files, store } = filesWorld(t);
  const layer = await medium.layer(ENTRIES);
  t.true(files.isMissing(layer));
  const asks = Array.from({ length: 10 }, (_, i) => [files.stored, files.blob, files.index][i % 3]!(layer));
  await Promise.all(asks);
  t.deepEqual(medium.asked, [layer.descriptor.digest]);
  t.true(store.hasIndex(layer.diffId));
  t.false(store.hasBlob(layer.diffId), 'nobody asked for the tar');
  t.false(files.isMissing(layer));
  const { digest, size } = layer.descriptor;
  t.deepEqual(await files.stored(layer), { diffId: layer.diffId, blob: digest, size });
});

test('the tar is unpacked once from the blob that is here, and read from then on', async (t) => {
  const medium = createMedium(t);
  const { files, store } = filesWorld(t);
  const layer = await medium.layer(ENTRIES);
  await Promise.all([files.tar(layer), files.tar(layer), files.index(layer)]);
  t.deepEqual(medium.asked, [layer.descriptor.digest]);
  const tar = store.openTar(layer.diffId);
  const bytes = Buffer.alloc(4);
  tar.reader(contentOf(store, layer, 'etc/x'))(bytes, 0, 4);
  tar.close();
  t.is(bytes.toString(), 'text');
  const stored = await files.stored(layer);
  t.is(stored.blob, layer.diffId);
  t.is(stored.size, store.blobSize(layer.diffId)!);
});

test('a layer whose tar is here is not fetched, except for an output that wants its blob', async (t) => {
  const medium = createMedium(t);
  const { files, store } = filesWorld(t);
  const layer = await medium.layer(ENTRIES);
  await addLayer(store, ENTRIES);
  t.false(files.isMissing(layer));
  await Promise.all([files.stored(layer), files.index(layer), files.tar(layer)]);
  t.deepEqual(medium.asked, []);
  await files.blob(layer);
  t.deepEqual(medium.asked, [layer.descriptor.digest]);
  t.true(store.hasWholeBlob(layer.descriptor));
});

test('an index that was lost is read from the blob that is here', async (t) => {
  const medium = createMedium(t);
  const layer = await medium.layer(ENTRIES);
  const first = filesWorld(t);
  await first.files.index(layer);
  const { paths } = first.store;
  const index = first.store.readIndex(layer.diffId);
  first.store.removeLayer(layer.diffId);
  const { store } = first;
  await createLayerFiles(first).index(layer);
  t.deepEqual(store.readIndex(layer.diffId), index);
  t.deepEqual(medium.asked, [layer.descriptor.digest]);
  t.deepEqual(readdirSync(paths.tmp), []);
});

test('two images that share a layer fetch it from the first that is asked', async (t) => {
  const [one, two] = [createMedium(t, 'example.com/one:1'), createMedium(t, 'example.com/two:1')];
  const { files } = filesWorld(t);
  const layers = [await one.layer(ENTRIES), await two.layer(ENTRIES)];
  t.is(layers[0]!.descriptor.digest, layers[1]!.descriptor.digest);
  await Promise.all(layers.map((layer) => files.index(layer)));
  t.deepEqual([one.asked.length, two.asked.length], [1, 0]);
});

test('two blobs of one tar: the second is not fetched for its content, only for an output', async (t) => {
  const medium = createMedium(t);
  const { files } = filesWorld(t);
  const [one, two] = [await medium.layer(ENTRIES), await medium.layer(ENTRIES, { level: 0 })];
  t.is(one.diffId, two.diffId);
  await files.tar(one);
  await Promise.all([files.index(two), files.tar(two), files.stored(two)]);
  t.deepEqual(medium.asked, [one.descriptor.digest]);
  await files.blob(two);
  t.deepEqual(medium.asked, [one.descriptor.digest, two.descriptor.digest]);
});

test('other bytes than the manifest promises are refused, and nothing of them is left', async (t) => {
  const medium = createMedium(t);
  const { files, store } = filesWorld(t);
  const layer = await medium.layer(ENTRIES, { sent: (blob) => Buffer.concat([blob, Buffer.from('more')]) });
  const error = await t.throwsAsync<TsbuildError>(files.index(layer), { instanceOf: TsbuildError });
  t.is(error!.code, 'REGISTRY_DIGEST_MISMATCH');
  t.false(store.hasBlob(layer.descriptor.digest));
  t.false(store.hasIndex(layer.diffId));
  t.deepEqual(readdirSync(store.paths.tmp), []);
});

for (const [what, isTar] of [
  ['blob', false],
  ['tar', true],
] as const)
  test(`a ${what} that was damaged in the store is found when it is read, named and deleted`, async (t) => {
    const medium = createMedium(t);
    const { files, store } = filesWorld(t);
    const layer = await medium.layer(ENTRIES);
    const digest = isTar ? layer.diffId : layer.descriptor.digest;
    const size = isTar ? 512 : layer.descriptor.size;
    writeFileSync(store.paths.blob(digest), Buffer.alloc(size, 1));
    const error = await t.throwsAsync<TsbuildError>(files.index(layer), { instanceOf: TsbuildError });
    t.is(error!.code, 'STORE_CORRUPT');
    t.true(error!.message.includes(digest), error!.message);
    t.false(store.hasBlob(digest));
    t.false(store.hasIndex(layer.diffId));
  });

test('settle waits for what is still being fetched, and does not mind how it ends', async (t) => {
  const medium = createMedium(t);
  const { files, store } = filesWorld(t);
  const good = await medium.layer(ENTRIES);
  const bad = await medium.layer([file('y', 'y')], { sent: () => Buffer.from('no layer') });
  const { promise: gate, resolve: open } = withResolvers();
  medium.gate = gate;
  const failed = t.throwsAsync(files.index(bad));
  void files.tar(good);
  let isSettled = false;
  const settled = files.settle().then(() => (isSettled = true));
  await new Promise((resolve) => setImmediate(resolve));
  t.false(isSettled);
  open();
  await settled;
  t.true(store.hasBlob(good.diffId), 'the tar that was asked for is there');
  t.deepEqual(readdirSync(store.paths.tmp), []);
  await failed;
});

function withResolvers(): { readonly promise: Promise<void>; readonly resolve: () => void } {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((done) => (resolve = done));
  return { promise, resolve };
}
