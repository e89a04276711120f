// What is written of the names of an image, in the form of each reader.
import test from 'ava';
import { digestOf } from '../../../src/core/digest.js';
import { dockerManifestJson, indexJson } from '../../../src/export/archive/archive-documents.js';
import { imageDocuments } from '../../../src/export/layout-documents.js';
import { packRoot } from '../../../src/export/pack-root.js';
import { MEDIA, type ImageAnnotations, type ImageConfig } from '../../../src/oci/types.js';

const config: ImageConfig = {
  architecture: 'arm',
  os: 'linux',
  variant: 'v7',
  created: '2026-01-02T03:04:05Z',
  config: {},
  rootfs: { type: 'layers', diff_ids: [digestOf('tar') as never] },
  history: [{}],
};

function documentsOf({
  names = [],
  annotations = {},
}: {
  readonly names?: readonly string[];
  readonly annotations?: Partial<ImageAnnotations>;
}) {
  const image = { config, configBytes: Buffer.from(JSON.stringify(config)) };
  const layers = [{ mediaType: MEDIA.ociLayerGzip, digest: digestOf('tgz'), size: 3 }];
  const documents = imageDocuments({ image, layers, annotations });
  const packed = packRoot([{ image, layers, documents }], { names });
  const index = JSON.parse(indexJson([packed])) as { manifests: { annotations: object }[] };
  const docker = JSON.parse(dockerManifestJson([packed])) as object[];
  return { ...documents, index, docker };
}

test('an index entry per name: the tag for OCI, the whole name for containerd, the short one for docker', (t) => {
  const names = ['docker.io/library/app:1', 'ghcr.io/x/app:2'];
  const { index, docker, manifest } = documentsOf({ names });
  t.deepEqual(
    index.manifests.map(({ annotations }) => annotations),
    [
      {
        'io.containerd.image.name': names[0],
        'org.opencontainers.image.created': config.created,
        'org.opencontainers.image.ref.name': '1',
      },
      {
        'io.containerd.image.name': names[1],
        'org.opencontainers.image.created': config.created,
        'org.opencontainers.image.ref.name': '2',
      },
    ],
  );
  t.like(docker[0], { RepoTags: ['app:1', 'ghcr.io/x/app:2'] });
  t.deepEqual(manifest.platform, { architecture: 'arm', os: 'linux', variant: 'v7' });
});

test('an image without a name has one entry, and annotations are in the manifest', (t) => {
  const { index, docker, manifestBytes, manifest } = documentsOf({ annotations: { manifest: { a: 'b' } } });
  t.is(index.manifests.length, 1);
  t.like(docker[0], { RepoTags: [] });
  t.like(JSON.parse(Buffer.from(manifestBytes).toString()), { annotations: { a: 'b' } });
  t.is(manifest.digest, digestOf(manifestBytes));
});
