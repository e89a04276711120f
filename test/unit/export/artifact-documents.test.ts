// Artifacts that are attached to an image, and the list of them under a tag.
import test from 'ava';
import { digestOf } from '../../../src/core/digest.js';
import { artifactDocuments, artifactsTag, withArtifact } from '../../../src/export/artifact-documents.js';
import { MEDIA, type ImageIndex } from '../../../src/oci/types.js';

const image = {
  mediaType: MEDIA.ociIndex,
  digest: digestOf('an image'),
  size: 1234,
  annotations: { a: 'b' },
  platform: { os: 'linux', architecture: 'arm64' },
};
const type = 'application/vnd.example+json';
const bytes = Buffer.from('{"signed":1}');

test('an artifact names its subject, and has the empty config and one layer', (t) => {
  const documents = artifactDocuments(image, { type, bytes, annotations: { b: '2', a: '1' } });
  const layer = { mediaType: type, digest: digestOf(bytes), size: bytes.length };
  const expected = {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    artifactType: type,
    config: {
      mediaType: 'application/vnd.oci.empty.v1+json',
      digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      size: 2,
      data: 'e30=',
    },
    layers: [layer],
    subject: { mediaType: MEDIA.ociIndex, digest: image.digest, size: 1234 },
    annotations: { a: '1', b: '2' },
  };
  t.is(Buffer.from(documents.manifestBytes).toString(), JSON.stringify(expected, null, 2));
  t.like(documents.manifest, {
    mediaType: MEDIA.ociManifest,
    digest: digestOf(documents.manifestBytes),
    artifactType: type,
    annotations: { a: '1', b: '2' },
  });
  t.deepEqual(
    documents.blobs.map(({ descriptor }) => descriptor.digest),
    [expected.config.digest, layer.digest],
  );
});

test('a list gets an artifact once, and keeps what it has', (t) => {
  t.is(artifactsTag(image.digest), `sha256-${image.digest.slice(7)}`);
  const { manifest } = artifactDocuments(image, { type, bytes, annotations: { a: '1' } });
  const first = withArtifact(undefined, manifest)!;
  const { mediaType, digest, size, annotations, artifactType } = manifest;
  const entry = { mediaType, digest, size, annotations, artifactType };
  const list = JSON.parse(Buffer.from(first.bytes).toString()) as ImageIndex;
  t.deepEqual(list as unknown, { schemaVersion: 2, mediaType: MEDIA.ociIndex, manifests: [entry] });
  t.is(first.digest, digestOf(first.bytes));
  t.is(withArtifact(list, manifest), undefined);
  const other = { ...manifest, digest: digestOf('other') };
  const second = JSON.parse(
    Buffer.from(withArtifact({ ...list, annotations: { k: 'v' } }, other)!.bytes).toString(),
  ) as ImageIndex;
  t.deepEqual(
    second.manifests.map((one) => one.digest),
    [manifest.digest, other.digest],
  );
  t.deepEqual(second.annotations, { k: 'v' });
});
