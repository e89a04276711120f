// Packs in an image layout: what stays, what goes, and who is refused. What all places promise is in test/contracts.
import test, { type ExecutionContext } from 'ava';
import {
  chmodSync,
  existsSync,
  mkdirSync,
  readFileSync,
  readdirSync,
  rmSync,
  utimesSync,
  writeFileSync,
} from 'node:fs';
import { join } from 'node:path';
import { blobPath } from '../../../../src/cache/remote/local/layout-files.js';
import { openLayoutPackStore } from '../../../../src/cache/remote/local/open-layout-store.js';
import type { FoundPack, PackStore } from '../../../../src/cache/remote/pack-store.js';
import { digestOf } from '../../../../src/core/digest.js';
import { MEDIA, type ImageIndex } from '../../../../src/oci/types.js';
import { blobOf, packOf, publishAll } from '../../../support/packs-to-publish.js';
import { tempDir } from '../../../support/temp-store.js';

const signal = new AbortController().signal;
const [BASE, APP, TEST] = ['base', 'app', 'test'].map((name) => blobOf(Buffer.from(`layer ${name}`))) as [
  ReturnType<typeof blobOf>,
  ReturnType<typeof blobOf>,
  ReturnType<typeof blobOf>,
];

const folder = (t: ExecutionContext): string => join(tempDir(t), 'cache');
const at = (path: string, tag = 'main'): PackStore => openLayoutPackStore({ path, tag });
const blobsOf = (path: string): readonly string[] => readdirSync(join(path, 'blobs', 'sha256')).toSorted();
const indexOf = (path: string): ImageIndex =>
  JSON.parse(readFileSync(join(path, 'index.json'), 'utf8')) as ImageIndex;
const revision = (found: FoundPack): string | undefined =>
  found.kind === 'nothing' ? undefined : found.revision;

test('what no tag needs any more is removed, what another tag needs stays', async (t) => {
  const path = folder(t);
  await publishAll(at(path), packOf('1', [BASE, APP]), [BASE, APP], undefined);
  await publishAll(at(path, 'pr'), packOf('2', [BASE]), [BASE], undefined);
  t.is(blobsOf(path).length, 2 + 3 + 3);
  const seen = revision(await at(path).read(signal));
  await publishAll(at(path), packOf('3', [TEST]), [TEST], seen);
  t.true(existsSync(blobPath(path, BASE.descriptor.digest)));
  t.false(existsSync(blobPath(path, APP.descriptor.digest)));
  t.is(blobsOf(path).length, 2 + 3 + 3);
});

test('a layer that another build removed before it was named is put again', async (t) => {
  const path = folder(t);
  const slow = at(path, 'slow');
  await slow.putBlob(APP, signal);
  await publishAll(at(path), packOf('1', [BASE]), [BASE], undefined);
  t.false(existsSync(blobPath(path, APP.descriptor.digest)));
  t.true(await slow.publish(packOf('2', [APP]), undefined, signal));
  t.true(existsSync(blobPath(path, APP.descriptor.digest)));
});

test('a layer that was damaged in its place is put anew', async (t) => {
  const path = folder(t);
  await publishAll(at(path), packOf('1', [BASE]), [BASE], undefined);
  const file = blobPath(path, BASE.descriptor.digest);
  writeFileSync(file, 'LAYER BASE');
  await at(path).putBlob(BASE, signal);
  t.is(readFileSync(file, 'utf8'), 'layer base');
});

test('a pack whose layer is gone and was not put is not published', async (t) => {
  const path = folder(t);
  await t.throwsAsync(at(path).publish(packOf('1', [APP]), undefined, signal), {
    code: 'CACHE_UNAVAILABLE',
  });
  t.is((await at(path).read(signal)).kind, 'nothing');
});

test('entries of other tools stay, and nothing is removed when one of them cannot be read', async (t) => {
  const path = folder(t);
  await publishAll(at(path), packOf('1', [BASE]), [BASE], undefined);
  const broken = Buffer.from('no manifest');
  const foreign = { mediaType: MEDIA.ociManifest, digest: digestOf(broken), size: broken.length };
  writeFileSync(blobPath(path, foreign.digest), broken);
  const index = indexOf(path);
  writeFileSync(
    join(path, 'index.json'),
    JSON.stringify({ ...index, annotations: { by: 'other' }, manifests: [foreign, ...index.manifests] }),
  );
  const seen = revision(await at(path).read(signal));
  await publishAll(at(path), packOf('2', [APP]), [APP], seen);
  t.deepEqual(indexOf(path).manifests[0], foreign);
  t.deepEqual(indexOf(path).annotations, { by: 'other' });
  t.true(existsSync(blobPath(path, BASE.descriptor.digest)));
});

test('what a killed build left is removed, what another one writes is not', async (t) => {
  const path = folder(t);
  await publishAll(at(path), packOf('1', []), [], undefined);
  const [old, young] = [`tmp-1-${'a'.repeat(12)}`, `tmp-1-${'b'.repeat(12)}`].map((name) => join(path, name));
  for (const name of [old!, young!]) writeFileSync(name, 'part');
  const twoDaysAgo = new Date(Date.now() - 48 * 3600 * 1000);
  utimesSync(old!, twoDaysAgo, twoDaysAgo);
  const seen = revision(await at(path).read(signal));
  await publishAll(at(path), packOf('2', []), [], seen);
  t.false(existsSync(old!));
  t.true(existsSync(young!));
});

test('a folder with files of another kind is not made a layout', async (t) => {
  const path = tempDir(t);
  writeFileSync(join(path, 'thesis.txt'), 'years of work');
  const error = await t.throwsAsync(at(path).putBlob(BASE, signal), { code: 'CACHE_UNAVAILABLE' });
  t.regex(error.message, /is not empty and not an OCI image layout/);
  t.deepEqual(
    readdirSync(path).filter((name) => name !== 'blobs'),
    ['thesis.txt'],
  );
});

test('a digest is read whatever the tag stands for, and cannot be written', async (t) => {
  const path = folder(t);
  await publishAll(at(path), packOf('1', []), [], undefined);
  const digest = revision(await at(path).read(signal))!;
  const store = openLayoutPackStore({ path, tag: 'other', digest });
  t.is((await store.read(signal)).kind, 'pack');
  await t.throwsAsync(store.publish(packOf('2', []), undefined, signal), { code: 'OPTION_INVALID' });
  t.throws(() => openLayoutPackStore({ path, tag: 'main', digest: '../../etc' }), { code: 'OPTION_INVALID' });
});

test('a layout that may only be read is read', async (t) => {
  const path = folder(t);
  await publishAll(at(path), packOf('1', [BASE]), [BASE], undefined);
  const before = readdirSync(path, { recursive: true }).toSorted();
  chmodSync(path, 0o555);
  t.is((await at(path).read(signal)).kind, 'pack');
  for await (const chunk of at(path).openBlob(BASE.descriptor, signal)) t.true(chunk.length > 0);
  t.deepEqual(readdirSync(path, { recursive: true }).toSorted(), before);
  chmodSync(path, 0o755);
});

for (const [what, text] of [
  ['no JSON', '{'],
  ['a manifest', '{"schemaVersion":2,"layers":[],"config":{}}'],
  ['a list', '[]'],
] as const)
  test(`an index.json that is ${what} is a damaged cache`, async (t) => {
    const path = folder(t);
    mkdirSync(path);
    writeFileSync(join(path, 'index.json'), text);
    await t.throwsAsync(at(path).read(signal), { code: 'CACHE_INVALID' });
  });

test('a manifest that is damaged is a damaged cache', async (t) => {
  const path = folder(t);
  await publishAll(at(path), packOf('1', []), [], undefined);
  const digest = indexOf(path).manifests[0]!.digest;
  writeFileSync(blobPath(path, digest), 'x');
  await t.throwsAsync(at(path).read(signal), { code: 'CACHE_INVALID' });
  // Nothing tells that it was not that of an image.
  rmSync(blobPath(path, digest));
  await t.throwsAsync(at(path).read(signal), { code: 'CACHE_INVALID', message: /its manifest is gone/ });
});

test('eight writers with a tag each lose nothing', async (t) => {
  const path = folder(t);
  const names = Array.from({ length: 8 }, (_, index) => `builder-${index}`);
  await Promise.all(
    names.map(async (name) => {
      const blob = blobOf(Buffer.from(`layer of ${name}`));
      t.true(await publishAll(at(path, name), packOf(name, [blob]), [blob], undefined));
    }),
  );
  for (const name of names) {
    const found = await at(path, name).read(signal);
    t.is(found.kind === 'pack' && found.bytes.toString(), name);
    t.true(existsSync(blobPath(path, digestOf(`layer of ${name}`))));
  }
});
