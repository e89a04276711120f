// What the store hands out of its layers, and what it says of those that are damaged.
import { chmodSync, existsSync, readdirSync, rmSync, statSync, truncateSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import { createDamage } from '../../../src/store/damage.js';
import { putLayer } from '../../../src/store/put-layer.js';
import { defaultStoreRoot, openStore } from '../../../src/store/store.js';
import { file } from '../../support/sandbox-rootfs.js';
import { tempDir } from '../../support/temp-store.js';

async function* once(text: string): AsyncGenerator<Buffer> {
  yield Buffer.from(text);
}

test('a blob that is damaged is deleted when it is read, and the build learns of it', async (t) => {
  const damage = createDamage();
  const store = openStore(tempDir(t), damage);
  const blob = await store.putBlob(once('content'));
  const chunks: Buffer[] = [];
  for await (const chunk of store.openBlob(blob)) chunks.push(chunk);
  t.is(Buffer.concat(chunks).toString(), 'content');
  writeFileSync(store.paths.blob(blob.digest), 'c0ntent');
  await t.throwsAsync(
    store
      .openBlob(blob)
      .next()
      .then(() => readToEnd(store.openBlob(blob))),
    {
      code: 'STORE_CORRUPT',
    },
  );
  t.false(store.hasBlob(blob.digest));
  t.deepEqual(damage.found, [`the layer ${blob.digest}`]);
});

async function readToEnd(chunks: AsyncIterable<Buffer>): Promise<void> {
  for await (const _ of chunks);
}

test('contents of a layer are read at their places, in turns', async (t) => {
  const store = openStore(tempDir(t));
  const { diffId } = await putLayer(store.paths, [file('a', 'first'), file('b', 'second')]);
  const tar = store.openTar(diffId);
  const readers = store.readIndex(diffId).map((entry) => {
    if (entry.kind !== 'node' || entry.node.content?.kind !== 'layer') throw new Error('no content');
    return tar.reader(entry.node.content);
  });
  const target = Buffer.alloc(8);
  t.is(readers[0]!(target, 0, 2), 2);
  t.is(readers[1]!(target, 2, 3), 3);
  t.is(readers[0]!(target, 5, 3), 3);
  t.is(target.toString(), 'fisecrst');
  tar.close();
});

test('a tar that is damaged or gone', async (t) => {
  const damage = createDamage();
  const store = openStore(tempDir(t), damage);
  const { diffId } = await putLayer(store.paths, [file('a', 'first')]);
  truncateSync(store.paths.blob(diffId), 10);
  const tar = store.openTar(diffId);
  t.is(tar.reader({ offset: 512 })(Buffer.alloc(1), 0, 1), 0);
  t.like(tar.damaged(), { code: 'STORE_CORRUPT' });
  tar.close();
  t.false(store.hasBlob(diffId));
  t.throws(() => store.openTar(diffId), { code: 'STORE_CORRUPT' });
  t.is(damage.found.length, 2);
});

test('a blob that is taken in has its name when who reads it is content', async (t) => {
  const store = openStore(tempDir(t));
  const blob = { digest: digestOf('content'), size: 7 };
  const refused = store.receiveBlob(blob, once('content'), async (tee) => {
    await readToEnd(tee);
    throw new Error('other bytes');
  });
  await t.throwsAsync(refused, { message: 'other bytes' });
  t.false(store.hasBlob(blob.digest));
  const grown = await store.receiveBlob(blob, once('content'), async (tee, growing) => {
    await readToEnd(tee);
    return statSync(growing).size;
  });
  t.is(grown, 7);
  t.true(store.hasWholeBlob(blob));
  t.false(store.hasWholeBlob({ ...blob, size: 8 }));
  t.false(store.hasBlob(blob.digest));
  t.deepEqual(readdirSync(store.paths.tmp), []);
});

test('a damaged index is deleted, however it is read', async (t) => {
  const store = openStore(tempDir(t));
  const { diffId } = await putLayer(store.paths, [file('a', 'first')]);
  const reads = [
    () => store.readIndex(diffId),
    () => store.readIndexRows(diffId).next(),
    () => store.searchIndex(diffId).at('a' as never),
  ];
  for (const read of reads) {
    t.notThrows(read);
    writeFileSync(store.paths.index(diffId), '{');
    t.throws(read, { code: 'STORE_CORRUPT' });
    t.false(store.hasIndex(diffId));
    t.throws(read, { code: 'STORE_CORRUPT' }, 'one that is gone');
    await putLayer(store.paths, [file('a', 'first')]);
  }
});

test('a removed layer has neither blob nor index', async (t) => {
  const store = openStore(tempDir(t));
  const { diffId } = await putLayer(store.paths, [file('a', 'first')]);
  store.removeLayer(diffId);
  t.deepEqual([store.hasBlob(diffId), store.hasIndex(diffId)], [false, false]);
  t.notThrows(() => store.removeLayer(digestOf('never there') as DiffId));
});

test('a store is private, whoever made it, and says when its names are lost', (t) => {
  const root = tempDir(t);
  const { paths, isNamesLost } = openStore(root);
  t.false(isNamesLost);
  chmodSync(paths.root, 0o755);
  openStore(root);
  t.is(statSync(paths.root).mode & 0o777, 0o700);
  rmSync(join(paths.oci, 'index.json'));
  t.true(openStore(root).isNamesLost);
  t.true(existsSync(join(paths.oci, 'index.json')));
  writeFileSync(join(root, 'file'), '');
  t.throws(() => openStore(join(root, 'file')), { code: 'STORE_UNWRITABLE' });
});

test('where the store is', (t) => {
  t.is(defaultStoreRoot({ TSBUILD_ROOT: '/s', XDG_DATA_HOME: '/d', HOME: '/h' }), '/s');
  t.is(defaultStoreRoot({ XDG_DATA_HOME: '/d', HOME: '/h' }), '/d/tsbuild');
  t.is(defaultStoreRoot({ HOME: '/h' }), '/h/.local/share/tsbuild');
});
