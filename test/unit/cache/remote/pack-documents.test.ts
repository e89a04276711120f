// A pack as an image: what is written is read again, and what others wrote is recognised.
import test from 'ava';
import fc from 'fast-check';
import { packDocuments, readPackManifest } from '../../../../src/cache/remote/pack-documents.js';
import { MAX_PACKED_BYTES } from '../../../../src/cache/remote/pack.js';
import { readPacked } from '../../../../src/cache/remote/read-packed.js';
import type { PackToPublish } from '../../../../src/cache/remote/pack-store.js';
import { digestOf, type DiffId } from '../../../../src/core/digest.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { validateImage } from '../../../../src/oci/validate-image.js';
import { MEDIA, type ImageConfig, type ImageManifest } from '../../../../src/oci/types.js';

const diffIdOf = (text: string): DiffId => digestOf(text) as DiffId;

function packWith(names: readonly string[], signature?: string): PackToPublish {
  const bytes = Buffer.from(`packed ${names.join()}`);
  return {
    packed: { bytes, digest: digestOf(bytes), diffId: diffIdOf('records') },
    layers: names.map((name) => ({
      blob: { mediaType: MEDIA.ociLayerGzip, digest: digestOf(name), size: name.length },
      diffId: diffIdOf(`tar of ${name}`),
    })),
    ...(signature === undefined ? {} : { signature }),
  };
}

const json = <T>(bytes: Buffer): T => JSON.parse(bytes.toString()) as T;
const written = (value: object): Buffer => Buffer.from(JSON.stringify(value));

test('the image of a pack: golden', (t) => {
  const { manifest, config } = packDocuments(packWith(['a', 'b'], 'c2lnbmVk'));
  t.is(
    String(manifest.descriptor.digest),
    'sha256:39a3df5fd42f43ca9485393a7e1db2b0fa3038dc3f48c14538df1a718fbf7d6d',
  );
  t.is(
    String(config.descriptor.digest),
    'sha256:af87d4b9fb2d5bf1b26e823702a8a56ce824cd66d1f8d697f753a6ab2708bf7d',
  );
});

test('it is a valid image whose first layer is the records', (t) => {
  const pack = packWith(['a', 'b']);
  const { manifest, config, records } = packDocuments(pack);
  const image = json<ImageManifest>(manifest.bytes);
  t.notThrows(() => validateImage(image, json<ImageConfig>(config.bytes)));
  t.deepEqual(image.layers[0], records.descriptor);
  t.is(records.descriptor.digest, pack.packed.digest);
  t.is(image.annotations?.['tsbuild.cache.version'], '1');
  t.deepEqual(json<ImageConfig>(config.bytes).rootfs.diff_ids, [
    pack.packed.diffId,
    ...pack.layers.map((layer) => layer.diffId),
  ]);
});

test('what is written is read again', (t) => {
  fc.assert(
    fc.property(fc.array(fc.string(), { maxLength: 20 }), fc.option(fc.base64String()), (names, signed) => {
      const pack = packWith(names, signed ?? undefined);
      const { manifest, records, config } = packDocuments(pack);
      const read = readPackManifest(manifest.bytes, manifest.descriptor.mediaType, 'place');
      t.deepEqual(read, {
        kind: 'pack',
        records: records.descriptor,
        config: config.descriptor,
        layers: [...new Set(names)].map((name) => ({
          mediaType: MEDIA.ociLayerGzip,
          digest: digestOf(name),
          size: name.length,
        })),
        ...(signed === null ? {} : { signature: signed }),
      });
    }),
  );
});

test('layers have the media types of OCI and no annotations of others', (t) => {
  const pack = packWith([]);
  const blob = {
    mediaType: MEDIA.dockerLayerGzip,
    digest: digestOf('x'),
    size: 1,
    annotations: { 'containerd.io/uncompressed': 'sha256:1' },
  };
  const { manifest } = packDocuments({ ...pack, layers: [{ blob, diffId: diffIdOf('x') }] });
  t.deepEqual(json<ImageManifest>(manifest.bytes).layers[1], {
    mediaType: MEDIA.ociLayerGzip,
    digest: blob.digest,
    size: 1,
  });
});

const EMPTY = { mediaType: 'application/vnd.oci.empty.v1+json', digest: digestOf('{}'), size: 2 };
const BUILDKIT = { ...EMPTY, mediaType: 'application/vnd.buildkit.cacheconfig.v0' };
const LAYER = { ...EMPTY, mediaType: MEDIA.ociLayerGzip };
const manifestWith = (members: object): Buffer =>
  written({ schemaVersion: 2, mediaType: MEDIA.ociManifest, config: EMPTY, layers: [], ...members });

for (const [what, bytes] of [
  ['a cache of BuildKit', manifestWith({ config: BUILDKIT, layers: [LAYER] })],
  [
    'a cache of BuildKit',
    written({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [LAYER, BUILDKIT] }),
  ],
  ['an index of images', written({ schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [] })],
  ['an image', manifestWith({ config: { ...EMPTY, mediaType: MEDIA.ociConfig }, layers: [LAYER] })],
  ['an artifact that is no image', manifestWith({ artifactType: 'application/x' })],
  [
    'a cache of another version of tsbuild (2)',
    manifestWith({ layers: [LAYER], annotations: { 'tsbuild.cache.version': '2' } }),
  ],
] as const)
  test(`it is said to be ${what}: ${bytes.length} bytes`, (t) => {
    t.like(readPackManifest(bytes, '', 'place'), { kind: 'other', what });
  });

test('records that are larger than they may be are refused before they are fetched', (t) => {
  const bytes = manifestWith({
    layers: [{ ...LAYER, size: MAX_PACKED_BYTES + 1 }],
    annotations: { 'tsbuild.cache.version': '1' },
  });
  const error = t.throws(() => readPackManifest(bytes, '', 'place'), { instanceOf: TsbuildError });
  t.is(error.code, 'CACHE_INVALID');
});

test('bytes that are no manifest are an error with the name of the place', (t) => {
  const error = t.throws(() => readPackManifest(Buffer.from('<html>'), '', 'place'), {
    instanceOf: TsbuildError,
  });
  t.is(error.code, 'REGISTRY_PROTOCOL');
  t.regex(error.message, /^place: /);
});

async function* chunks(...texts: readonly string[]): AsyncGenerator<Buffer> {
  for (const text of texts) yield Buffer.from(text);
}

test('packed records are those of the descriptor, or an error', async (t) => {
  const descriptor = { ...LAYER, digest: digestOf('abcd'), size: 4 };
  t.is((await readPacked(descriptor, chunks('ab', 'cd'), 'place')).toString(), 'abcd');
  for (const bad of [['ab'], ['abcx'], ['abcd', 'e']])
    await t.throwsAsync(readPacked(descriptor, chunks(...bad), 'place'), { code: 'CACHE_INVALID' });
});
