// What is remembered of compressed layers, and that nothing of a removed layer is.
import { readdirSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import test from 'ava';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import { MEDIA } from '../../../src/oci/types.js';
import {
  putCompressedForm,
  readCompressedForm,
  removeCompressedForms,
} from '../../../src/store/compressed-forms.js';
import { openStore, type Store } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const INPUTS = { diffId: digestOf('tar') as DiffId, kind: 'gzip', level: 4, compressor: 'zlib 1' } as const;

async function putForm(store: Store, text: string, inputs: Parameters<typeof putCompressedForm>[1]) {
  const chunks = async function* () {
    yield Buffer.from(text);
  };
  const descriptor = { mediaType: MEDIA.ociLayerGzip, ...(await store.putBlob(chunks())) };
  putCompressedForm(store.paths, inputs, descriptor);
  return descriptor;
}

test('a form is found by all that decides its bytes', async (t) => {
  const store = openStore(tempDir(t));
  const descriptor = await putForm(store, 'packed', INPUTS);
  t.deepEqual(readCompressedForm(store.paths, { ...INPUTS }), descriptor);
  for (const other of [
    { diffId: digestOf('other') as DiffId },
    { kind: 'zstd' },
    { level: 5 },
    { compressor: 'zlib 2' },
  ] as const)
    t.is(readCompressedForm(store.paths, { ...INPUTS, ...other }), undefined);
});

test('a damaged record is a miss', async (t) => {
  const store = openStore(tempDir(t));
  await putForm(store, 'packed', INPUTS);
  const folder = join(store.paths.cache, 'compressed');
  const [name] = readdirSync(folder);
  for (const text of ['', '{', 'null', '{"descriptor":{"digest":"sha256:0"}}']) {
    writeFileSync(join(folder, name!), text);
    t.is(readCompressedForm(store.paths, INPUTS), undefined);
  }
});

test('a layer that must not stay takes all its forms along', async (t) => {
  const store = openStore(tempDir(t));
  const gone = [await putForm(store, 'one', INPUTS), await putForm(store, 'two', { ...INPUTS, level: 9 })];
  const other = { ...INPUTS, diffId: digestOf('other') as DiffId };
  const kept = await putForm(store, 'three', other);
  removeCompressedForms(store.paths, INPUTS.diffId);
  t.deepEqual(
    [...gone, kept].map(({ digest }) => store.hasBlob(digest)),
    [false, false, true],
  );
  t.is(readCompressedForm(store.paths, INPUTS), undefined);
  t.deepEqual(readCompressedForm(store.paths, other), kept);
  t.notThrows(() => removeCompressedForms(openStore(tempDir(t)).paths, INPUTS.diffId));
});
