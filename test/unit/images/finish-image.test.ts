import test from 'ava';
import { finishImage } from '../../../src/images/finish-image.js';
import { madeLayer } from '../../../src/images/layer.js';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import { MEDIA } from '../../../src/oci/types.js';

const diffId = (seed: string) => digestOf(seed) as DiffId;
const INPUT = {
  platform: { os: 'linux', architecture: 'amd64' },
  config: { Env: ['A=1'] },
  history: [{ created_by: 'base' }, { created_by: 'RUN x' }],
};
const BASE = {
  diffId: diffId('a'),
  descriptor: { mediaType: MEDIA.dockerLayerGzip, digest: digestOf('blob'), size: 9 },
  source: { name: 'base', open: () => (async function* () {})() },
};
const made = (seed: string) =>
  madeLayer({ diffId: diffId(seed), blob: diffId(seed), size: 5 }, '2001-02-03T04:05:06Z');

test('config and manifest name the layers in order; a layer of docker gets the type of OCI', (t) => {
  const image = finishImage(INPUT, [BASE, made('b')], { note: 'yes' });
  t.deepEqual(image.config.rootfs.diff_ids, [diffId('a'), diffId('b')]);
  const manifest = JSON.parse(image.manifestBytes.toString());
  t.deepEqual(
    manifest.layers.map(({ mediaType, digest }: { mediaType: string; digest: string }) => [
      mediaType,
      digest,
    ]),
    [
      [MEDIA.ociLayerGzip, digestOf('blob')],
      [MEDIA.ociLayer, diffId('b')],
    ],
  );
  t.deepEqual(manifest.annotations, { note: 'yes' });
  t.is(image.manifest.digest, digestOf(image.manifestBytes));
  t.is(image.configDigest, digestOf(image.configBytes));
  t.deepEqual(image.manifest.platform, { os: 'linux', architecture: 'amd64' });
});

test('the same input gives the same bytes', (t) => {
  const [one, other] = [0, 1].map(() => finishImage(INPUT, [BASE, made('b')], {}).manifest.digest);
  t.is(one, other);
});

test('layers that the history does not tell of get rows of their own', (t) => {
  const image = finishImage({ ...INPUT, history: [{ created_by: 'x' }] }, [BASE, made('b')], {});
  t.like(image.config.history, [{ created_by: 'x' }, { comment: 'buildkit.exporter.image.v0' }]);
});
