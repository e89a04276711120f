// One suite for the places of remote caches.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { openLayoutPackStore } from '../../src/cache/remote/local/open-layout-store.js';
import { blobPath } from '../../src/cache/remote/local/layout-files.js';
import { blobOf, packOf, publishAll } from '../support/packs-to-publish.js';
import { testNeeding } from '../support/requirements.js';
import { packStoreSuite } from './pack-store-suite.js';
import { tempDir } from '../support/temp-store.js';

packStoreSuite('local', async (t) => {
  const path = join(tempDir(t), 'cache');
  return {
    open: async (scope) => openLayoutPackStore({ path, tag: scope }),
    removeBlob: async (digest) => rmSync(blobPath(path, digest)),
    damageBlob: async (digest, bytes) => writeFileSync(blobPath(path, digest), bytes),
    tellsLateWriters: true,
  };
});

testNeeding('skopeo')('local: skopeo reads and copies the layout', async (t) => {
  const root = tempDir(t);
  const path = join(root, 'cache');
  const layer = blobOf(gzipSync('layer'));
  const store = openLayoutPackStore({ path, tag: 'main' });
  t.true(await publishAll(store, packOf(gzipSync('records'), [layer]), [layer], undefined));
  const skopeo = (...args: readonly string[]): string => execFileSync('skopeo', args, { encoding: 'utf8' });
  const seen = JSON.parse(skopeo('inspect', `oci:${path}:main`)) as { Layers: string[]; Digest: string };
  t.is(seen.Layers[1], layer.descriptor.digest);
  t.is(seen.Digest, String(store.manifest?.()?.digest));
  skopeo('copy', '--insecure-policy', '-q', `oci:${path}:main`, `oci:${join(root, 'copy')}:other`);
  const copy = await openLayoutPackStore({ path: join(root, 'copy'), tag: 'other' }).read(
    new AbortController().signal,
  );
  t.is(copy.kind === 'pack' && gunzipSync(copy.bytes).toString(), 'records');
});
