// An image layout, as a directory and as a tar: the same files, verified on the way out.
import { existsSync, mkdirSync, readFileSync, readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test, { type ExecutionContext } from 'ava';
import { archiveTar, writeLayoutDirectory } from '../../../src/export/image-archive.js';
import { imageDocuments } from '../../../src/export/layout-documents.js';
import { packRoot } from '../../../src/export/pack-root.js';
import { MEDIA, type ImageConfig } from '../../../src/oci/types.js';
import { putLayer } from '../../../src/store/put-layer.js';
import { openStore } from '../../../src/store/store.js';
import { file } from '../../support/sandbox-rootfs.js';
import { tempDir } from '../../support/temp-store.js';

const { signal } = new AbortController();

async function exported(t: ExecutionContext) {
  const store = openStore(tempDir(t));
  const { diffId, size } = await putLayer(store.paths, [file('a', 'x'.repeat(3 << 20))]);
  const config: ImageConfig = {
    architecture: 'amd64',
    os: 'linux',
    config: {},
    rootfs: { type: 'layers', diff_ids: [diffId] },
    history: [{}],
  };
  const layer = { mediaType: MEDIA.ociLayer, digest: diffId, size };
  const image = { config, configBytes: Buffer.from(JSON.stringify(config)) };
  // A layer that stands twice in an image is one file.
  const layers = [layer, layer];
  const documents = imageDocuments({ image, layers, annotations: {} });
  const root = packRoot([{ image, layers, documents }], { names: ['docker.io/library/app:1'] });
  return { store, diffId, image: root };
}

test('both forms have the same manifest, and docker gets its own beside it', async (t) => {
  const { store, image } = await exported(t);
  const dest = join(tempDir(t), 'layout');
  await writeLayoutDirectory('docker', image, { store, dest, signal });
  const files = (readdirSync(dest, { recursive: true, encoding: 'utf8' }) as string[]).toSorted();
  t.is(files.filter((name) => name.startsWith('blobs/sha256/')).length, 3);
  t.true(files.includes('manifest.json') && files.includes('index.json') && files.includes('oci-layout'));
  const chunks: Buffer[] = [];
  for await (const chunk of archiveTar([image], { format: 'docker' }, store)) chunks.push(Buffer.from(chunk));
  const bytes = Buffer.concat(chunks);
  for (const name of files.filter((each) => each.startsWith('blobs/sha256/')))
    t.true(bytes.includes(readFileSync(join(dest, name))), name);
  const plain = join(tempDir(t), 'oci');
  await writeLayoutDirectory('oci', image, { store, dest: plain, signal });
  t.false(existsSync(join(plain, 'manifest.json')));
});

test('a damaged layer leaves the store in neither form', async (t) => {
  for (const write of ['directory', 'tar'] as const) {
    const { store, diffId, image } = await exported(t);
    const path = store.paths.blob(diffId);
    writeFileSync(path, readFileSync(path).fill('y', 1024, 1025));
    const dir = tempDir(t);
    const work = async () => {
      if (write === 'directory')
        return void (await writeLayoutDirectory('oci', image, { store, dest: join(dir, 'out'), signal }));
      for await (const _ of archiveTar([image], { format: 'oci' }, store));
    };
    await t.throwsAsync(work, { code: 'STORE_CORRUPT' }, write);
    t.deepEqual(readdirSync(dir), []);
    t.false(existsSync(path));
  }
});

test('only an image layout, or nothing, is replaced', async (t) => {
  const { store, image } = await exported(t);
  const dest = tempDir(t);
  await writeLayoutDirectory('oci', image, { store, dest, signal });
  await writeLayoutDirectory('oci', image, { store, dest, signal });
  const mine = tempDir(t);
  mkdirSync(join(mine, 'photos'));
  await t.throwsAsync(writeLayoutDirectory('oci', image, { store, dest: mine, signal }), {
    code: 'OUTPUT_FAILED',
  });
  t.deepEqual(readdirSync(mine), ['photos']);
});
