import test from 'ava';
import fc from 'fast-check';
import { digestOf } from '../../../src/core/digest.js';
import { TsbuildError } from '../../../src/core/errors.js';
import { parseLayoutReference } from '../../../src/oci/layout-reference.js';
import { parseManifestSource } from '../../../src/oci/manifest-source.js';
import { MEDIA } from '../../../src/oci/types.js';

const digest = digestOf('a manifest');

test('references, digests and layouts', (t) => {
  t.deepEqual(parseManifestSource('app'), {
    kind: 'reference',
    reference: { domain: 'docker.io', path: 'library/app', tag: 'latest' },
  });
  t.deepEqual(parseManifestSource(`ghcr.io/o/app:1@${digest}\n`), {
    kind: 'reference',
    reference: { domain: 'ghcr.io', path: 'o/app', tag: '1', digest },
  });
  for (const text of [digest, `@${digest}`, ` ${digest}\n`])
    t.deepEqual(parseManifestSource(text), { kind: 'descriptor', descriptor: { digest } });
  t.deepEqual(parseManifestSource('oci-layout://out/image:1'), {
    kind: 'layout',
    layout: { path: 'out/image', reference: '1' },
  });
});

test('a layout may lie where a port could stand', (t) => {
  t.deepEqual(parseLayoutReference('oci-layout:///srv/a:b/c'), { path: '/srv/a:b/c', reference: undefined });
  t.deepEqual(parseLayoutReference(`oci-layout://x@${digest}`), { path: 'x', reference: digest });
  t.is(parseLayoutReference('/srv/a'), undefined);
});

test('a descriptor is taken with all that it says', (t) => {
  const descriptor = {
    mediaType: MEDIA.ociManifest,
    digest,
    size: 123,
    annotations: { a: 'b' },
    platform: { architecture: '', os: 'windows', 'os.version': '10.0', 'os.features': ['win32k'] },
  };
  t.deepEqual(parseManifestSource(JSON.stringify(descriptor)), { kind: 'descriptor', descriptor });
  t.deepEqual(parseManifestSource(JSON.stringify({ digest, urls: null, platform: null, size: 0 })), {
    kind: 'descriptor',
    descriptor: { digest, size: 0 },
  });
});

const REFUSED: readonly [text: string, message: RegExp][] = [
  ['sha256:abc', /failed to parse source "sha256:abc": invalid checksum digest length/],
  ['UPPER', /must be lowercase/],
  ['{', /descriptor is not JSON/],
  [
    JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.dockerList, manifests: [] }),
    /expected an OCI content descriptor, got a manifest or index \(schemaVersion 2\)/,
  ],
  [JSON.stringify({ mediaType: MEDIA.ociManifest }), /digest is required/],
  [JSON.stringify({ digest: 'not-a-digest', size: 1 }), /invalid descriptor digest/],
  [JSON.stringify({ digest: '../../etc/passwd' }), /invalid descriptor digest/],
  [JSON.stringify({ digest, size: -1 }), /bad size/],
  [JSON.stringify({ digest, annotations: { a: 1 } }), /bad annotations/],
  [JSON.stringify({ digest, platform: 'linux' }), /bad platform/],
  [JSON.stringify({ digest, platform: { os: 1 } }), /bad os/],
];

for (const [text, message] of REFUSED)
  test(`${text} is refused`, (t) => {
    t.throws(() => parseManifestSource(text), { instanceOf: TsbuildError, message });
  });

test('whatever is given, the outcome is a source or an error of the user', (t) => {
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string(),
        fc.json(),
        fc.json().map((json) => `{"digest":${json}}`),
      ),
      (text) => {
        try {
          parseManifestSource(text);
        } catch (error) {
          t.true(error instanceof TsbuildError);
        }
      },
    ),
  );
});
