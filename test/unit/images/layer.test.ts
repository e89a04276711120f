import test from 'ava';
import { madeLayer } from '../../../src/images/layer.js';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import { MEDIA } from '../../../src/oci/types.js';

test('a layer that was made here is its own blob, and nothing has to be fetched for it', (t) => {
  const diffId = digestOf('x') as DiffId;
  const descriptor = { mediaType: MEDIA.ociLayer, digest: diffId, size: 3 };
  t.deepEqual(madeLayer({ diffId, blob: diffId, size: 3 }, undefined), { diffId, descriptor });
  const similar = { diffId, changed: [] };
  t.deepEqual(madeLayer({ diffId, blob: diffId, size: 3, similar }, '2001-01-01T00:00:00Z'), {
    diffId,
    descriptor,
    created: '2001-01-01T00:00:00Z',
    similar,
  });
});
