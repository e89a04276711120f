// Pulling from a registry that nobody here wrote: Debian's docker-registry, open and with a password.
import type { ExecutionContext } from 'ava';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReference } from '../../src/oci/reference.js';
import { MEDIA } from '../../src/oci/types.js';
import { descriptorOf } from '../support/fake-image.js';
import { pushToRegistry, startRealRegistry, type RealRegistry } from '../support/real-registry.js';
import { collect, makeClient } from '../support/registry-client.js';
import { testNeeding } from '../support/requirements.js';

const withRegistry = testNeeding('registry');

async function start(t: ExecutionContext, options: { hasAuth?: boolean } = {}): Promise<RealRegistry> {
  const registry = await startRealRegistry(options);
  t.teardown(() => registry.stop());
  return registry;
}

const layerBytes = Buffer.alloc(300_000, 'a layer of a real registry ');
const configBytes = Buffer.from(
  JSON.stringify({ architecture: 'amd64', os: 'linux', rootfs: { type: 'layers', diff_ids: [] } }),
);
const layer = descriptorOf(layerBytes, MEDIA.ociLayer);
const config = descriptorOf(configBytes, MEDIA.ociConfig);
const document = Buffer.from(
  JSON.stringify({ schemaVersion: 2, mediaType: MEDIA.ociManifest, config, layers: [layer] }),
);
const { digest } = descriptorOf(document, MEDIA.ociManifest);

async function push(registry: RealRegistry, repository: string): Promise<void> {
  const blobs = new Map([
    [layer.digest, layerBytes],
    [config.digest, configBytes],
  ]);
  await pushToRegistry(registry, { repository, name: 'latest', blobs, document, type: MEDIA.ociManifest });
}

withRegistry('a name, a digest, blobs whole and from the middle', async (t) => {
  const registry = await start(t);
  await push(registry, 'o/x');
  const { client } = makeClient(t);
  const reference = parseReference(`${registry.host}/o/x`);
  const resolved = await client.resolve(reference);
  t.is(resolved.digest, digest);
  t.deepEqual(resolved.bytes, document);
  t.deepEqual((await client.fetchManifest(reference, digest)).bytes, document);
  t.deepEqual(await collect(client.fetchBlob(reference, layer)), layerBytes);
  t.deepEqual(
    await collect(client.fetchBlob(reference, layer, { offset: 123_456 })),
    layerBytes.subarray(123_456),
  );
});

withRegistry('what is not there: a tag, a repository, a blob', async (t) => {
  const registry = await start(t);
  await push(registry, 'o/x');
  const { client } = makeClient(t);
  for (const name of ['o/x:nosuch', 'o/nosuch']) {
    const error = await t.throwsAsync(client.resolve(parseReference(`${registry.host}/${name}`)), {
      message: /: not found$/,
    });
    t.like(error, { code: 'REGISTRY_NOT_FOUND' });
  }
  const missing = descriptorOf(Buffer.from('missing'), MEDIA.ociLayer);
  t.like(await t.throwsAsync(collect(client.fetchBlob(parseReference(`${registry.host}/o/x`), missing))), {
    code: 'REGISTRY_NOT_FOUND',
  });
});

withRegistry('a password: needed, wrong, right', async (t) => {
  const registry = await start(t, { hasAuth: true });
  await push(registry, 'o/x');
  const reference = parseReference(`${registry.host}/o/x`);
  const withLogin = (pair: string) => {
    const folder = mkdtempSync(join(tmpdir(), 'docker-config-'));
    const auth = Buffer.from(pair).toString('base64');
    writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth } } }));
    return makeClient(t, { env: { DOCKER_CONFIG: folder } }).client;
  };
  for (const client of [makeClient(t).client, withLogin('testuser:wrong')]) {
    t.like(await t.throwsAsync(client.resolve(reference), { message: /pull access denied/ }), {
      code: 'REGISTRY_UNAUTHORIZED',
    });
  }
  const client = withLogin(registry.login ?? '');
  t.is((await client.resolve(reference)).digest, digest);
  t.deepEqual(await collect(client.fetchBlob(reference, layer)), layerBytes);
});

withRegistry('a registry as the mirror of another one', async (t) => {
  const registry = await start(t);
  await push(registry, 'quay.io/o/x');
  const { client } = makeClient(t, {
    env: { TSBUILD_REGISTRY_MIRRORS: `quay.io/o=${registry.origin}/quay.io/o` },
  });
  const reference = parseReference('quay.io/o/x');
  t.is((await client.resolve(reference)).digest, digest);
  t.deepEqual(await collect(client.fetchBlob(reference, layer)), layerBytes);
});
