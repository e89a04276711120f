// The compressed form of a layer: made once, by one of those who want it, and again when its blob is gone.
import test from 'ava';
import { rmSync } from 'node:fs';
import { setTimeout as sleep } from 'node:timers/promises';
import { compressOnce } from '../../../src/cache/compress-once.js';
import { digestOf, type DiffId } from '../../../src/core/digest.js';
import { MEDIA } from '../../../src/oci/types.js';
import { openStore } from '../../../src/store/store.js';
import { tempDir } from '../../support/temp-store.js';

const INPUTS = { diffId: digestOf('layer') as DiffId, kind: 'gzip', level: 4, compressor: 'zlib 1' } as const;

test('once for all who want it, and once more when the blob is gone', async (t) => {
  const root = tempDir(t);
  const data = Buffer.from('compressed');
  const descriptor = { mediaType: MEDIA.ociLayerGzip, digest: digestOf(data), size: data.length };
  let made = 0;
  const want = (inputs: Parameters<typeof compressOnce>[1] = INPUTS) => {
    const store = openStore(root);
    const options = { store, signal: new AbortController().signal, note: t.fail };
    return compressOnce(options, inputs, async () => {
      made++;
      await sleep(20);
      await store.putSmallBlobs([data]);
      return descriptor;
    });
  };
  t.deepEqual(await Promise.all([want(), want(), want()]), [descriptor, descriptor, descriptor]);
  t.is(made, 1);
  await want({ ...INPUTS, compressor: 'zlib 2' });
  t.is(made, 2);
  rmSync(openStore(root).paths.blob(descriptor.digest));
  t.deepEqual(await want(), descriptor);
  t.is(made, 3);
});
