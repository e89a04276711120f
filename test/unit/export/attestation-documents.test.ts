// Attestation manifests in both forms of BuildKit.
import test from 'ava';
import { digestOf } from '../../../src/core/digest.js';
import { attestationDocuments } from '../../../src/export/attestation-documents.js';
import { MEDIA } from '../../../src/oci/types.js';

const image = {
  mediaType: MEDIA.ociManifest,
  digest: digestOf('an image'),
  size: 1234,
  annotations: { a: 'b' },
  platform: { os: 'linux', architecture: 'arm64' },
};
const bytes = Buffer.from('{"_type":"https://in-toto.io/Statement/v1"}');
const statement = { predicateType: 'https://spdx.dev/Document', bytes };
const layer = {
  mediaType: 'application/vnd.in-toto+json',
  digest: digestOf(bytes),
  size: bytes.length,
  annotations: { 'in-toto.io/predicate-type': 'https://spdx.dev/Document' },
};

test('an artifact names its image as subject and has the empty config (attestation-storage.md, Examples)', (t) => {
  const { manifest, manifestBytes, blobs } = attestationDocuments(image, [statement], true);
  const text = Buffer.from(manifestBytes).toString();
  const expected = {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    artifactType: 'application/vnd.docker.attestation.manifest.v1+json',
    config: {
      mediaType: 'application/vnd.oci.empty.v1+json',
      digest: 'sha256:44136fa355b3678a1146ad16f7e8649e94fb4fc21fe77e8310c060f61caaff8a',
      size: 2,
      data: 'e30=',
    },
    layers: [layer],
    subject: { mediaType: MEDIA.ociManifest, digest: image.digest, size: 1234 },
  };
  t.is(text, JSON.stringify(expected, null, 2));
  t.deepEqual(manifest, {
    mediaType: MEDIA.ociManifest,
    digest: digestOf(manifestBytes),
    size: manifestBytes.length,
    annotations: {
      'vnd.docker.reference.digest': image.digest,
      'vnd.docker.reference.type': 'attestation-manifest',
    },
    platform: { architecture: 'unknown', os: 'unknown' },
  });
  t.deepEqual(
    blobs.map((blob) => digestOf(blob.bytes)),
    [expected.config.digest, layer.digest] as never,
  );
  t.deepEqual(blobs[1]!.descriptor, layer);
});

test('the older form is an image of no platform whose layers are the statements', (t) => {
  const { manifestBytes, blobs, manifest } = attestationDocuments(image, [statement], false);
  const config = Buffer.from(blobs[0]!.bytes).toString();
  t.is(
    config,
    `{"architecture":"unknown","os":"unknown","config":{},"rootfs":{"type":"layers","diff_ids":["${layer.digest}"]}}`,
  );
  const expected = {
    schemaVersion: 2,
    mediaType: MEDIA.ociManifest,
    config: { mediaType: MEDIA.ociConfig, digest: digestOf(config), size: config.length },
    layers: [layer],
  };
  t.is(Buffer.from(manifestBytes).toString(), JSON.stringify(expected, null, 2));
  t.is(manifest.annotations!['vnd.docker.reference.digest'], image.digest);
});

test('two statements make a manifest of the size that buildx shows (buildx_imagetools_inspect.md)', (t) => {
  const sized = (predicateType: string, size: number) => ({ predicateType, bytes: Buffer.alloc(size, 'x') });
  const sbom = sized('https://spdx.dev/Document', 123_456);
  const provenance = sized('https://slsa.dev/provenance/v0.2', 1234);
  t.is(attestationDocuments(image, [sbom, provenance], false).manifest.size, 839);
});
