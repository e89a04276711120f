import test from 'ava';
import { imageOf } from '../../../src/images/image-of.js';
import { digestOf } from '../../../src/core/digest.js';
import { MEDIA, type ImageManifest } from '../../../src/oci/types.js';

const SOURCE = { name: 'the place', open: () => (async function* () {})() };
const DIFF_ID = digestOf('tar');
const LAYER = { mediaType: MEDIA.ociLayerGzip, digest: digestOf('blob'), size: 9 };

function documents(layers: ImageManifest['layers'], diffIds: readonly string[]) {
  const rootfs = { type: 'layers', diff_ids: diffIds };
  const configBytes = Buffer.from(
    JSON.stringify({ os: 'linux', architecture: 'arm', variant: 'v7', rootfs }),
  );
  const config = { mediaType: MEDIA.ociConfig, digest: digestOf(configBytes), size: configBytes.length };
  const manifest: ImageManifest = { schemaVersion: 2, config, layers };
  const manifestBytes = Buffer.from(JSON.stringify(manifest));
  return { digest: digestOf(manifestBytes), manifest, manifestBytes, configBytes };
}

test('an image out of its documents: each layer has its diff id, its blob, and where it comes from', (t) => {
  const given = documents([LAYER], [DIFF_ID]);
  const image = imageOf(given, SOURCE, 'IMAGE_INVALID');
  t.deepEqual(image.layers, [{ diffId: DIFF_ID as never, descriptor: LAYER, source: SOURCE }]);
  t.deepEqual(image.manifest, {
    mediaType: MEDIA.ociManifest,
    digest: given.digest,
    size: given.manifestBytes.length,
    platform: { os: 'linux', architecture: 'arm', variant: 'v7' },
  });
  t.is(image.configDigest, given.manifest.config.digest);
});

test('documents that do not belong together are refused, by the code of the medium', (t) => {
  for (const code of ['IMAGE_INVALID', 'REGISTRY_PROTOCOL'] as const)
    for (const diffIds of [[], [DIFF_ID, DIFF_ID]])
      t.like(
        t.throws(() => imageOf(documents([LAYER], diffIds), SOURCE, code)),
        { code },
      );
  t.throws(() => imageOf(documents([LAYER], ['nonsense']), SOURCE, 'IMAGE_INVALID'));
});
