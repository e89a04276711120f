// One suite for the places of remote caches, and what other tools make of them.
import { execFileSync } from 'node:child_process';
import { rmSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { gunzipSync, gzipSync } from 'node:zlib';
import { hexOf } from '../../src/core/digest.js';
import { openGhaPackStore } from '../../src/cache/remote/gha/open-gha-store.js';
import { openLayoutPackStore } from '../../src/cache/remote/local/open-layout-store.js';
import { blobPath } from '../../src/cache/remote/local/layout-files.js';
import { openBucket } from '../../src/cache/remote/s3/open-bucket.js';
import { serveGha } from '../support/fake-gha.js';
import { FAKE_KEYS, serveS3, type FakeS3Options } from '../support/fake-s3.js';
import { makeTransport } from '../support/registry-client.js';
import { serveS3rver } from '../support/s3rver.js';
import { blobOf, packOf, publishAll } from '../support/packs-to-publish.js';
import { testNeeding } from '../support/requirements.js';
import { packStoreSuite } from './pack-store-suite.js';
import { tempDir } from '../support/temp-store.js';

const clock = (): number => Date.now() / 1000;

packStoreSuite('local', async (t) => {
  const path = join(tempDir(t), 'cache');
  return {
    open: async (scope) => openLayoutPackStore({ path, tag: scope }),
    removeBlob: async (digest) => rmSync(blobPath(path, digest)),
    damageBlob: async (digest, bytes) => writeFileSync(blobPath(path, digest), bytes),
    tellsLateWriters: true,
    isAtomic: true,
  };
});

/** A bucket of a server that Node's users test against. */
packStoreSuite('s3 (s3rver)', async (t) => {
  const server = await serveS3rver(t);
  const { transport } = makeTransport(t);
  const tools = {
    env: { HOME: '/nonexistent' },
    transport: async () => transport,
    now: clock,
    note: () => undefined,
  };
  const { url: endpointUrl, bucket, keys } = server;
  return {
    open: (scope) => openBucket({ bucket, endpointUrl, ...keys }, scope, tools),
    removeBlob: async (digest) => server.remove(`blobs/sha256/${hexOf(digest)}`),
    tellsLateWriters: true,
  };
});

for (const conditions of ['known', 'ignored', 'refused'] as const satisfies FakeS3Options['conditions'][])
  packStoreSuite(`s3 (signatures verified, conditions ${conditions})`, async (t) => {
    const fake = await serveS3(t, { conditions });
    const { transport } = makeTransport(t);
    const tools = {
      env: { HOME: '/nonexistent' },
      transport: async () => transport,
      now: clock,
      note: () => undefined,
    };
    const place = { bucket: fake.bucket, endpointUrl: fake.url, ...FAKE_KEYS };
    return {
      open: (scope) => openBucket(place, scope, tools),
      removeBlob: async (digest) => void fake.objects.delete(`blobs/sha256/${hexOf(digest)}`),
      tellsLateWriters: true,
    };
  });

packStoreSuite('gha', async (t) => {
  const fake = await serveGha(t);
  const { transport } = makeTransport(t);
  const env = { ACTIONS_RESULTS_URL: fake.url, ACTIONS_RUNTIME_TOKEN: fake.token };
  const tools = { env, transport: async () => transport, note: () => undefined };
  return {
    open: async (scope) => openGhaPackStore({}, scope, tools),
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
