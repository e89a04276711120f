import test from 'ava';
import fc from 'fast-check';
import { TsbuildError } from '../../../src/core/errors.js';
import { MEDIA } from '../../../src/oci/types.js';
import { parseDocument } from '../../../src/registry/document.js';
import { makeFakeImage } from '../../support/fake-image.js';

const { document: image, layer } = makeFakeImage();
const index = {
  schemaVersion: 2,
  mediaType: MEDIA.ociIndex,
  manifests: [{ ...layer, mediaType: MEDIA.ociManifest }],
};
const parse = (document: unknown, type: string = MEDIA.ociManifest) =>
  parseDocument(Buffer.from(typeof document === 'string' ? document : JSON.stringify(document)), type, 'it');

test('both kinds in both dialects', (t) => {
  t.is(parse(image).kind, 'manifest');
  t.is(parse(index, `${MEDIA.ociIndex}; charset=utf-8`).kind, 'index');
  t.is(parse({ ...image, mediaType: undefined }, MEDIA.dockerManifest).mediaType, MEDIA.dockerManifest);
  t.is(parse({ ...index, mediaType: MEDIA.dockerList }, MEDIA.dockerList).kind, 'index');
});

test('a server that does not say the type is believed as far as the document goes', (t) => {
  t.is(parse({ ...image, mediaType: undefined }, '').kind, 'manifest');
  t.is(parse({ ...index, mediaType: undefined }, 'application/json').kind, 'index');
  t.is(parse(index, 'text/plain').kind, 'index');
});

const REFUSED: readonly [name: string, document: unknown, type: string, message: RegExp][] = [
  ['not JSON', '<html>', MEDIA.ociManifest, /not JSON/],
  [
    'bytes that are not UTF-8',
    '{"a":"\udc00"}'.replace('\udc00', '\ufffd'),
    MEDIA.ociManifest,
    /schemaVersion/,
  ],
  ['a list', [], MEDIA.ociManifest, /not a JSON object/],
  [
    'schema 1',
    { schemaVersion: 1, fsLayers: [] },
    'application/vnd.docker.distribution.manifest.v1+prettyjws',
    /schema 1 manifest/,
  ],
  ['no version', { ...image, schemaVersion: undefined }, MEDIA.ociManifest, /schemaVersion is not 2/],
  ['another type', image, 'text/html', /sent it as text\/html/],
  ['an artifact', { ...image, mediaType: 'application/x' }, 'application/x', /is not an image/],
  ['no config', { ...image, config: undefined }, MEDIA.ociManifest, /config: not a descriptor/],
  ['layers no list', { ...image, layers: {} }, MEDIA.ociManifest, /layers: not a list/],
  ['an index without manifests', { schemaVersion: 2 }, MEDIA.ociIndex, /manifests: not a list/],
  ['a negative size', { ...image, layers: [{ ...layer, size: -1 }] }, MEDIA.ociManifest, /usable size/],
  [
    'a size beyond exactness',
    { ...image, layers: [{ ...layer, size: 2 ** 60 }] },
    MEDIA.ociManifest,
    /usable size/,
  ],
  ['a size as text', { ...image, layers: [{ ...layer, size: '1' }] }, MEDIA.ociManifest, /usable size/],
  [
    'artifactType no text',
    { ...image, layers: [{ ...layer, artifactType: 1 }] },
    MEDIA.ociManifest,
    /bad artifactType/,
  ],
  [
    'data no text',
    { ...index, manifests: [{ ...layer, data: {} }] },
    MEDIA.ociIndex,
    /bad artifactType or data/,
  ],
  [
    'an index of a bad subject',
    { ...index, subject: { digest: 'x' } },
    MEDIA.ociIndex,
    /subject: "x" is not/,
  ],
  ['an index of a bad type', { ...index, artifactType: [] }, MEDIA.ociIndex, /artifactType is not a text/],
  ['urls no texts', { ...image, layers: [{ ...layer, urls: [1] }] }, MEDIA.ociManifest, /bad urls/],
  ['annotations no texts', { ...image, annotations: { a: {} } }, MEDIA.ociManifest, /bad annotations/],
  [
    'a platform without os',
    { ...index, manifests: [{ ...layer, platform: { architecture: 'x' } }] },
    MEDIA.ociIndex,
    /bad platform/,
  ],
  [
    'ten thousand and one layers',
    { ...image, layers: Array.from({ length: 10_001 }, () => layer) },
    MEDIA.ociManifest,
    /more than 10000/,
  ],
];

for (const [name, document, type, message] of REFUSED) {
  test(`refuses ${name}`, (t) => {
    t.like(
      t.throws(() => parse(document, type), { message }),
      { code: 'REGISTRY_PROTOCOL' },
    );
  });
}

test('bytes that are not UTF-8 are refused', (t) => {
  t.throws(() => parseDocument(Buffer.from([0x7b, 0xff, 0x7d]), MEDIA.ociManifest, 'it'), {
    message: /not JSON/,
  });
});

test('any JSON gives a document or REGISTRY_PROTOCOL', (t) => {
  const piece = fc.oneof(
    fc.jsonValue(),
    fc.constantFrom(layer, [layer], image, index, 2, MEDIA.ociIndex, MEDIA.ociManifest),
  );
  const keys = fc.constantFrom(
    'schemaVersion',
    'mediaType',
    'layers',
    'manifests',
    'config',
    'annotations',
    'x',
  );
  fc.assert(
    fc.property(
      fc.dictionary(keys, piece),
      fc.constantFrom(MEDIA.ociIndex, MEDIA.ociManifest, ''),
      (document, type) => {
        try {
          parse(document, type);
        } catch (error) {
          if (!(error instanceof TsbuildError)) throw error;
        }
      },
    ),
  );
  t.pass();
});
