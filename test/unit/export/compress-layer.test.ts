// What decides the bytes of a compressed layer, and what they are.
import { existsSync, truncateSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import { compressionInputs, compressLayer } from '../../../src/export/compress-layer.js';
import { putLayer } from '../../../src/store/put-layer.js';
import { openStore } from '../../../src/store/store.js';
import { file } from '../../support/sandbox-rootfs.js';
import { tempDir } from '../../support/temp-store.js';

const { signal } = new AbortController();

test('layer, kind, level and compressor decide', (t) => {
  const [a, b] = [digestOf('a') as DiffId, digestOf('b') as DiffId];
  const node = { versions: { zlib: '1', zstd: '2' }, arch: 'x64' };
  const gzip = { kind: 'gzip' } as const;
  const all = [
    compressionInputs(a, gzip, node),
    compressionInputs(b, gzip, node),
    compressionInputs(a, { ...gzip, level: 9 }, node),
    compressionInputs(a, { kind: 'zstd' }, node),
    compressionInputs(a, { kind: 'zstd' }, { ...node, versions: { zlib: '1', zstd: '3' } }),
    compressionInputs(a, gzip, { ...node, versions: { zlib: '2', zstd: '2' } }),
    compressionInputs(a, gzip, { ...node, arch: 'arm64' }),
  ];
  t.is(new Set(all.map((inputs) => JSON.stringify(inputs))).size, all.length);
  t.deepEqual(compressionInputs(a, { kind: 'zstd', level: 3 }, node), all[3]);
});

test('gzip of the tar in the store', async (t) => {
  const store = openStore(tempDir(t));
  const { diffId, size } = await putLayer(store.paths, [file('a', 'x'.repeat(3 << 20))]);
  const form = await compressLayer(store, compressionInputs(diffId, { kind: 'gzip' }), signal);
  const chunks: Buffer[] = [];
  for await (const chunk of store.openBlob(form)) chunks.push(chunk);
  const tar = gunzipSync(Buffer.concat(chunks));
  t.is(form.mediaType, 'application/vnd.oci.image.layer.v1.tar+gzip');
  t.is(tar.length, size);
  t.is(digestOf(tar), diffId);
});

test('a damaged tar is not compressed, and deleted', async (t) => {
  const store = openStore(tempDir(t));
  const { diffId } = await putLayer(store.paths, [file('a', 'text')]);
  truncateSync(store.paths.blob(diffId), 1024);
  const work = compressLayer(store, compressionInputs(diffId, { kind: 'gzip' }), signal);
  await t.throwsAsync(work, { code: 'STORE_CORRUPT' });
  t.false(existsSync(store.paths.blob(diffId)));
});
