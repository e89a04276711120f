// Which compressed form of a layer is taken, and how often one is made.
import { rmSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import test from 'ava';
import { createCompressedLayers } from '../../src/compressed-layers.js';
import { MEDIA, type Descriptor } from '../../src/oci/types.js';
import { compressionInputs } from '../../src/export/compress-layer.js';
import { loadKoffi } from '../../src/host/load-koffi.js';
import { putCompressedForm } from '../../src/store/compressed-forms.js';
import { putLayer } from '../../src/store/put-layer.js';
import { openStore, type Store } from '../../src/store/store.js';
import { file } from '../support/sandbox-rootfs.js';
import { tempDir } from '../support/temp-store.js';

const GZIP = { kind: 'gzip' } as const;

/** What one build has, and how many blobs it wrote. */
function compressing(store: Store) {
  const made = { count: 0 };
  const { signal } = new AbortController();
  const putBlob: Store['putBlob'] = (chunks) => {
    made.count++;
    return store.putBlob(chunks);
  };
  const compressed = createCompressedLayers({ store: { ...store, putBlob }, signal, note: () => undefined });
  return { compressed, made };
}

async function read(store: Store, { digest, size }: Descriptor): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of store.openBlob({ digest, size })) chunks.push(chunk);
  return Buffer.concat(chunks);
}

test('what another compressor made is not taken', async (t) => {
  const store = openStore(tempDir(t));
  const { diffId, size } = await putLayer(store.paths, [file('a', 'text')]);
  const other = await store.putBlob(
    (async function* () {
      yield Buffer.from('of another compressor');
    })(),
  );
  const node = { versions: { ...process.versions, zlib: '0.9' }, arch: process.arch };
  putCompressedForm(store.paths, compressionInputs(diffId, GZIP, node), {
    mediaType: MEDIA.ociLayerGzip,
    ...other,
  });
  const form = await compressing(store).compressed(diffId, GZIP);
  t.not(form.digest, other.digest);
  t.deepEqual(gunzipSync(await read(store, form)), await read(store, { ...form, digest: diffId, size }));
});

test('outputs of one build that ask at once, and later builds, get what was made once', async (t) => {
  const store = openStore(tempDir(t));
  const { diffId } = await putLayer(store.paths, [file('a', 'text')]);
  const { compressed, made } = compressing(store);
  const [first, second] = await Promise.all([compressed(diffId, GZIP), compressed(diffId, GZIP)]);
  t.deepEqual(first, second);
  t.not((await compressed(diffId, { kind: 'gzip', level: 9 })).digest, undefined);
  t.is(made.count, 2);
  const later = compressing(store);
  t.deepEqual(await later.compressed(diffId, GZIP), first);
  t.is(later.made.count, 0);
});

test('a form whose blob is gone is made anew', async (t) => {
  const store = openStore(tempDir(t));
  const { diffId } = await putLayer(store.paths, [file('a', 'text')]);
  const form = await compressing(store).compressed(diffId, GZIP);
  rmSync(store.paths.blob(form.digest));
  const { compressed, made } = compressing(store);
  t.deepEqual(await compressed(diffId, GZIP), form);
  t.is(made.count, 1);
  t.true(store.hasWholeBlob(form));
});

test('of two builds at once one compresses a layer', async (t) => {
  // Without the package for system calls there are no locks that are freed with their holders.
  if (!(await loadKoffi().catch(() => undefined))) return t.pass();
  const root = tempDir(t);
  const stores = [openStore(root), openStore(root)] as const;
  const { diffId } = await putLayer(stores[0].paths, [file('a', 'x'.repeat(1 << 20))]);
  const builds = stores.map(compressing);
  const forms = await Promise.all(builds.map(({ compressed }) => compressed(diffId, GZIP)));
  t.deepEqual(forms[0], forms[1]);
  t.is(builds[0]!.made.count + builds[1]!.made.count, 1);
});
