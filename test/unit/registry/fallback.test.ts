import test from 'ava';
import { parseReference } from '../../../src/oci/reference.js';
import { MEDIA } from '../../../src/oci/types.js';
import { makeFakeImage, putFakeImage } from '../../support/fake-image.js';
import { answer, cutShort, reset, type FakeRegistry } from '../../support/fake-registry.js';
import { collect, makeClient } from '../../support/registry-client.js';
import { asked, startRegistry } from '../../support/registry-for-test.js';

const mirrored = (registry: FakeRegistry, mirror: FakeRegistry): { env: Record<string, string> } => ({
  env: { TSBUILD_REGISTRY_MIRRORS: `${registry.host}=${mirror.origin}/cache` },
});

test('a mirror is asked first, and alone when it has the image', async (t) => {
  const [registry, mirror] = [await startRegistry(t), await startRegistry(t)];
  const { layer, layerBytes } = putFakeImage(mirror, 'cache/o/x');
  const { client } = makeClient(t, mirrored(registry, mirror));
  const reference = parseReference(`${registry.host}/o/x`);
  await client.resolve(reference);
  t.deepEqual(await collect(client.fetchBlob(reference, layer)), layerBytes);
  t.deepEqual(asked(mirror), [
    'GET /v2/cache/o/x/manifests/latest',
    `GET /v2/cache/o/x/blobs/${layer.digest}`,
  ]);
  t.is(registry.requests.length, 0);
});

for (const [name, behaviour] of [
  ['has it not', answer(404)],
  ['fails', answer(500)],
  ['limits', answer(429)],
  ['wants credentials', answer(401, { 'www-authenticate': 'Basic realm="m"' })],
  ['forbids', answer(403)],
  ['breaks off', reset],
] as const) {
  test(`a mirror that ${name} is passed over`, async (t) => {
    const [registry, mirror] = [await startRegistry(t), await startRegistry(t)];
    const { layer, layerBytes } = putFakeImage(registry, 'o/x');
    mirror.on(/o\/x/, behaviour);
    const { client } = makeClient(t, mirrored(registry, mirror));
    const reference = parseReference(`${registry.host}/o/x`);
    await t.notThrowsAsync(client.resolve(reference));
    t.deepEqual(await collect(client.fetchBlob(reference, layer)), layerBytes);
    t.true(asked(mirror).length <= 4);
  });
}

test('a mirror that cannot be reached is passed over; when all fail, the error names both', async (t) => {
  const [registry, mirror] = [await startRegistry(t), await startRegistry(t)];
  await mirror.close();
  const { client } = makeClient(t, mirrored(registry, mirror));
  const error = await t.throwsAsync(client.resolve(parseReference(`${registry.host}/o/x`)));
  t.like(error, { code: 'REGISTRY_NOT_FOUND' });
  t.true(
    error?.message.endsWith(
      `${registry.host}/o/x:latest: not found (mirror ${mirror.origin}/cache/o/x: GET ${mirror.origin}/v2/cache/o/x/manifests/latest: connection refused)`,
    ),
    error?.message,
  );
});

test('a mirror that keeps breaking off a blob is left for the registry', async (t) => {
  const [registry, mirror] = [await startRegistry(t), await startRegistry(t)];
  const image = putFakeImage(registry, 'o/x');
  mirror.on(/blobs/, cutShort(image.layerBytes, 1000));
  const { client } = makeClient(t, mirrored(registry, mirror));
  t.deepEqual(
    await collect(client.fetchBlob(parseReference(`${registry.host}/o/x`), image.layer)),
    image.layerBytes,
  );
  t.is(registry.requests.at(-1)?.headers.range, 'bytes=2000-');
});

test('a mirror that sends another image for a digest is an error, not a miss', async (t) => {
  const [registry, mirror] = [await startRegistry(t), await startRegistry(t)];
  const { digest } = putFakeImage(registry, 'o/x');
  mirror.on(/manifests/, answer(200, { 'content-type': MEDIA.ociManifest }, makeFakeImage('other').document));
  const { client } = makeClient(t, mirrored(registry, mirror));
  const error = await t.throwsAsync(client.resolve(parseReference(`${registry.host}/o/x@${digest}`)));
  t.like(error, { code: 'REGISTRY_DIGEST_MISMATCH' });
});
