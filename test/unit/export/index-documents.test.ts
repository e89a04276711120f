// What an index of a built image says: BuildKit's bytes, and BuildKit's words for what it cannot say.
import test from 'ava';
import { digestOf } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';
import type { AttestationDocuments } from '../../../src/export/attestation-documents.js';
import { rootDocuments, type BuiltImageDocuments } from '../../../src/export/index-documents.js';
import { MEDIA } from '../../../src/oci/types.js';
import {
  BUILDKIT,
  BUILDKIT_DIGEST,
  BUILDKIT_SIZE,
  inOrderOf2022,
  sha,
} from '../../support/index-of-buildkit.js';

const nothing = Buffer.from('');

function built(isAttested: boolean): BuiltImageDocuments[] {
  return BUILDKIT.map(([platform, digest, size, attestation], place) => {
    const attestations: AttestationDocuments = {
      manifest: {
        mediaType: MEDIA.ociManifest,
        digest: sha(attestation),
        size: 1113,
        annotations: {
          'vnd.docker.reference.digest': sha(digest),
          'vnd.docker.reference.type': 'attestation-manifest',
        },
        platform: { architecture: 'unknown', os: 'unknown' },
      },
      manifestBytes: nothing,
      blobs: [],
    };
    return {
      documents: {
        manifest: { mediaType: MEDIA.ociManifest, digest: sha(digest), size, platform },
        manifestBytes: nothing,
        config: { mediaType: MEDIA.ociConfig, digest: digestOf(''), size: 0 },
        created: `2026-01-0${place + 1}T00:00:00Z`,
      },
      ...(isAttested && { attestations }),
    };
  });
}

const refused = (code: string, message: string) => ({ instanceOf: TsbuildError, code, message });

test('images and their attestations are the index that BuildKit made of them, byte for byte', (t) => {
  const { root, indexBytes } = rootDocuments(built(true));
  t.is(root.size, BUILDKIT_SIZE);
  t.is(root.mediaType, MEDIA.ociIndex);
  t.is(digestOf(inOrderOf2022(indexBytes!)), BUILDKIT_DIGEST);
  t.is(root.digest, digestOf(indexBytes!));
  t.is(root.platform, undefined);
});

test('the index is said to be made when its youngest image was, which is not in its bytes', (t) => {
  const { root, indexBytes } = rootDocuments(built(false));
  t.deepEqual(root.annotations, { 'org.opencontainers.image.created': '2026-01-06T00:00:00Z' });
  t.notRegex(Buffer.from(indexBytes!).toString(), /annotations|2026/);
});

test('golden bytes: two platforms, annotations of the index, of its descriptor and of one entry', (t) => {
  const [amd64, arm] = built(false) as [BuiltImageDocuments, BuiltImageDocuments];
  const manifest = { ...arm.documents.manifest, annotations: { z: '<1>', a: '2' } };
  const { root, indexBytes } = rootDocuments([{ documents: { ...arm.documents, manifest } }, amd64], {
    annotations: { index: { whole: 'yes' }, indexDescriptor: { of: 'descriptor' } },
  });
  t.is(
    Buffer.from(indexBytes!).toString(),
    `{
  "schemaVersion": 2,
  "mediaType": "application/vnd.oci.image.index.v1+json",
  "manifests": [
    {
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "digest": "sha256:0f4dc6797db467372cbf52c7236816203654a839f64a6542c9135d1973c9d744",
      "size": 1054,
      "annotations": {
        "a": "2",
        "z": "\\u003c1\\u003e"
      },
      "platform": {
        "architecture": "arm",
        "os": "linux",
        "variant": "v7"
      }
    },
    {
      "mediaType": "application/vnd.oci.image.manifest.v1+json",
      "digest": "sha256:ac9dd4fbec9e36b562f910618975a2936533f8e411a3fea2858aacc0ac972e1c",
      "size": 1054,
      "platform": {
        "architecture": "amd64",
        "os": "linux"
      }
    }
  ],
  "annotations": {
    "whole": "yes"
  }
}`,
  );
  t.is(root.annotations?.['of'], 'descriptor');
});

test('one image is no index, unless it is attested or an index is asked for', (t) => {
  const [plain] = built(false) as [BuiltImageDocuments];
  const [attested] = built(true) as [BuiltImageDocuments];
  const { root, indexBytes } = rootDocuments([plain]);
  t.is(indexBytes, undefined);
  t.like(root, { digest: plain.documents.manifest.digest, platform: plain.documents.manifest.platform });
  t.is(rootDocuments([attested]).root.mediaType, MEDIA.ociIndex);
  t.is(rootDocuments([plain], { isIndexForced: true }).root.mediaType, MEDIA.ociIndex);
});

test("docker's media types: a manifest list, and no annotations or attestations", (t) => {
  const ociMediaTypes = false;
  t.is(rootDocuments(built(false), { ociMediaTypes }).root.mediaType, MEDIA.dockerList);
  const annotations = { index: { a: 'b' }, indexDescriptor: {} };
  t.throws(
    () => rootDocuments(built(false), { ociMediaTypes, annotations }),
    refused('OPTION_UNSUPPORTED', 'cannot export annotations with "oci-mediatypes=false"'),
  );
  t.throws(
    () => rootDocuments(built(true), { ociMediaTypes }),
    refused('OPTION_UNSUPPORTED', 'cannot export attestations with "oci-mediatypes=false"'),
  );
  t.throws(
    () => rootDocuments(built(false).slice(0, 1), { annotations }),
    refused('OPTION_UNSUPPORTED', 'index annotations not supported for single platform export'),
  );
});
