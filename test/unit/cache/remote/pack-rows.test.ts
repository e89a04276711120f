import test from 'ava';
import { readMount, readRecord, readSelection } from '../../../../src/cache/remote/pack-rows.js';
import { digestOf, hexOf } from '../../../../src/core/digest.js';
import { MEDIA } from '../../../../src/oci/types.js';
import { recordOf } from '../../../support/packs.js';

const row = JSON.parse(JSON.stringify(recordOf('one'))) as Record<string, unknown>;

for (const [what, change] of Object.entries<object>({
  'a key that is none': { key: 'A'.repeat(64) },
  'a short key': { key: '0' },
  'a diff id that is a path': { diffId: 'sha256:../../../etc' },
  'another hash': { diffId: `sha512:${'0'.repeat(64)}` },
  'a negative size': { size: -1 },
  'a size that is no integer': { size: 1.5 },
  'a size that is a text': { size: '1' },
  'no blob': { blob: null },
  'a blob that is a list': { blob: [] },
  'a foreign layer': { blob: { ...(row['blob'] as object), mediaType: MEDIA.ociForeignLayerGzip } },
  'a document as a layer': { blob: { ...(row['blob'] as object), mediaType: MEDIA.ociManifest } },
  'a blob without a digest': { blob: { ...(row['blob'] as object), digest: undefined } },
  'a time that is none': { created: '2026-13-45T00:00:00Z' },
  'words for a time': { created: 'yesterday' },
  'a platform with a line break': { platform: 'linux/amd64\n' },
  'a day beyond all': { lastUsed: 1e9 },
  'a writer with a terminal sequence': { writer: '\u001b[2J' },
})) {
  test(`a record with ${what} is none`, (t) => {
    t.is(readRecord({ ...row, ...change }), undefined);
  });
}

test('a row has its members and no other', (t) => {
  const { key: _, created, writer, ...rest } = recordOf('one');
  t.deepEqual(readRecord({ ...row, more: 1 }), recordOf('one'));
  t.deepEqual(readMount({ ...row, id: 'npm' }), { ...rest, id: 'npm' });
  const hex = hexOf(digestOf('x'));
  t.deepEqual(readSelection({ name: hex, digest: hex, lastUsed: 1, more: 1 }), {
    name: hex,
    digest: hex,
    lastUsed: 1,
  });
  t.truthy(created && writer);
});

test('a mount without an id and a selection without a name are none', (t) => {
  t.is(readMount({ ...row, id: 7 }), undefined);
  t.is(readMount({ ...row, id: 'x'.repeat(5000) }), undefined);
  t.is(readSelection({ name: 'x', digest: hexOf(digestOf('x')), lastUsed: 1 }), undefined);
});
