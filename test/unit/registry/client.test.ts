import test from 'ava';
import { digestOf } from '../../../src/core/digest.js';
import { parseReference } from '../../../src/oci/reference.js';
import { MEDIA } from '../../../src/oci/types.js';
import { selectCandidates } from '../../../src/registry/select-platform.js';
import { descriptorOf, makeFakeImage, putFakeImage } from '../../support/fake-image.js';
import { answer, breakAfter, cutShort, drip, redirectTo, reset, stall } from '../../support/fake-registry.js';
import { collect, makeClient } from '../../support/registry-client.js';
import { asked, startRegistry } from '../../support/registry-for-test.js';

test('resolve gives the document, its digest and its bytes; tags default to latest', async (t) => {
  const registry = await startRegistry(t);
  const image = putFakeImage(registry, 'o/x');
  const { client } = makeClient(t);
  const resolved = await client.resolve(parseReference(`${registry.host}/o/x`));
  t.like(resolved, {
    digest: image.digest,
    mediaType: MEDIA.ociManifest,
    size: JSON.stringify(image.document).length,
  });
  t.is(resolved.bytes.toString(), JSON.stringify(image.document));
  t.deepEqual(asked(registry), ['GET /v2/o/x/manifests/latest']);
  const accept = registry.requests.find(({ url }) => url !== '/v2/')?.headers.accept;
  for (const type of [MEDIA.ociIndex, MEDIA.ociManifest, MEDIA.dockerList, MEDIA.dockerManifest])
    t.true(accept?.includes(type));
});

test('a digest decides over a tag', async (t) => {
  const registry = await startRegistry(t);
  const { digest } = putFakeImage(registry, 'o/x');
  const { client } = makeClient(t);
  t.is((await client.resolve(parseReference(`${registry.host}/o/x:nosuch@${digest}`))).digest, digest);
  t.deepEqual(asked(registry), [`GET /v2/o/x/manifests/${digest}`]);
});

test('an index leads to the manifest of a platform', async (t) => {
  const registry = await startRegistry(t);
  const { digest, document } = putFakeImage(registry, 'o/x');
  const entry = {
    ...descriptorOf(Buffer.from(JSON.stringify(document)), MEDIA.ociManifest),
    platform: { os: 'linux', architecture: 'arm64' },
  };
  registry.putManifest(
    'o/x',
    { schemaVersion: 2, manifests: [entry] },
    { type: MEDIA.dockerList, tag: 'multi' },
  );
  const { client } = makeClient(t);
  const reference = parseReference(`${registry.host}/o/x:multi`);
  const { document: parsed } = await client.resolve(reference);
  if (parsed.kind !== 'index') return t.fail();
  const chosen = selectCandidates(parsed.index, { os: 'linux', architecture: 'arm64' });
  if (chosen.kind !== 'named') return t.fail();
  t.is((await client.fetchManifest(reference, chosen.descriptor.digest)).digest, digest);
});

test("not found has BuildKit's words", async (t) => {
  const registry = await startRegistry(t);
  const { client } = makeClient(t);
  const name = `${registry.host}/o/x`;
  const error = await t.throwsAsync(client.resolve(parseReference(name)));
  t.like(error, {
    code: 'REGISTRY_NOT_FOUND',
    message: `${name}: failed to resolve source metadata for ${name}:latest: ${name}:latest: not found`,
  });
});

test('a rate limit and a failing registry say so, with what the server said', async (t) => {
  const registry = await startRegistry(t);
  registry.on(
    /latest/,
    answer(
      429,
      { 'retry-after': '1' },
      { errors: [{ code: 'TOOMANYREQUESTS', message: 'pull\u001b[31m rate\nlimit' }] },
    ),
  );
  registry.on(/old/, answer(503, {}, '<html>'));
  const { client, pauses } = makeClient(t);
  const limited = await t.throwsAsync(client.resolve(parseReference(`${registry.host}/x`)), {
    message:
      /unexpected status from GET request to http:.*\/manifests\/latest: 429 Too Many Requests: toomanyrequests: pull \[31m rate limit$/,
  });
  t.like(limited, { code: 'REGISTRY_UNREACHABLE' });
  t.regex(String(limited && 'hint' in limited && limited.hint), /log in.*TSBUILD_REGISTRY_MIRRORS/);
  t.is(pauses.length, 4);
  t.true(pauses.every((pause) => pause >= 1000 && pause <= 1100));
  await t.throwsAsync(client.resolve(parseReference(`${registry.host}/x:old`)), {
    message: /503 Service Unavailable$/,
  });
});

test('a blob comes whole and checked', async (t) => {
  const registry = await startRegistry(t);
  const { layer, layerBytes } = putFakeImage(registry, 'o/x');
  const { client } = makeClient(t);
  const reference = parseReference(`${registry.host}/o/x`);
  t.deepEqual(await collect(client.fetchBlob(reference, layer)), layerBytes);
  t.deepEqual(
    await collect(client.fetchBlob(reference, layer, { offset: 150_000 })),
    layerBytes.subarray(150_000),
  );
  t.is(registry.requests.at(-1)?.headers.range, 'bytes=150000-');
  t.deepEqual(await collect(client.fetchBlob(reference, layer, { offset: layer.size })), Buffer.alloc(0));
});

test('an empty blob needs no request, but its digest', async (t) => {
  const registry = await startRegistry(t);
  const { client } = makeClient(t);
  const reference = parseReference(`${registry.host}/o/x`);
  t.is((await collect(client.fetchBlob(reference, descriptorOf(Buffer.alloc(0), MEDIA.ociLayer)))).length, 0);
  const lie = { mediaType: MEDIA.ociLayer, digest: digestOf('x'), size: 0 };
  t.like(await t.throwsAsync(collect(client.fetchBlob(reference, lie))), {
    code: 'REGISTRY_DIGEST_MISMATCH',
  });
});

test('a broken transfer goes on where it stopped: reset, silence, an early end', async (t) => {
  const registry = await startRegistry(t);
  const { layer, layerBytes } = putFakeImage(registry, 'o/x');
  registry.on(/blobs/, reset, { times: 1 });
  registry.on(/blobs/, breakAfter(layerBytes, 50_000), { times: 2 });
  registry.on(/blobs/, stall({ 'content-length': String(layer.size) }), { times: 1 });
  registry.on(/blobs/, answer(503), { times: 1 });
  const { client, pauses } = makeClient(t, { transport: { idleTimeoutMs: 3000 } });
  const bytes = collect(client.fetchBlob(parseReference(`${registry.host}/o/x`), layer));
  t.deepEqual(await bytes, layerBytes);
  const starts = registry.requests
    .filter(({ url }) => url !== '/v2/')
    .map(({ headers }) => Number(/\d+/.exec(headers.range ?? '0')?.[0]));
  t.is(starts.length, 6);
  t.deepEqual(
    starts,
    [...starts].sort((a, b) => a - b),
  );
  t.is(pauses.length, 5);
});

test('a server that ignores Range is noticed and its start skipped', async (t) => {
  const registry = await startRegistry(t);
  const { layer, layerBytes } = putFakeImage(registry, 'o/x');
  registry.on(/blobs/, cutShort(layerBytes, 70_000), { times: 1 });
  registry.on(/blobs/, answer(200, {}, layerBytes.toString()));
  const { client } = makeClient(t);
  t.deepEqual(await collect(client.fetchBlob(parseReference(`${registry.host}/o/x`), layer)), layerBytes);
});

for (const [what, status, headers] of [
  ['416', 416, { 'content-range': 'bytes */200000' }],
  ['another range', 206, { 'content-range': 'bytes 0-9/200000' }],
  ['a range of another size', 206, { 'content-range': 'bytes 70000-9/10' }],
] as const) {
  test(`a server that answers a resume with ${what} is asked for the whole once more`, async (t) => {
    const registry = await startRegistry(t);
    const { layer, layerBytes } = putFakeImage(registry, 'o/x');
    registry.on(/blobs/, cutShort(layerBytes, 70_000), { times: 1 });
    registry.on(/blobs/, answer(status, headers), { times: 1 });
    const { client } = makeClient(t);
    t.deepEqual(await collect(client.fetchBlob(parseReference(`${registry.host}/o/x`), layer)), layerBytes);
    const ranges = registry.requests.filter(({ url }) => url !== '/v2/').map(({ headers: h }) => h.range);
    t.deepEqual(ranges, [undefined, 'bytes=70000-', undefined]);
  });
}

test('a blob that drips is given up', async (t) => {
  const registry = await startRegistry(t);
  const { layer } = putFakeImage(registry, 'o/x');
  registry.on(/blobs/, drip(layer.size));
  const { client } = makeClient(t, { transport: { idleTimeoutMs: 1500 } });
  const error = await t.throwsAsync(
    collect(client.fetchBlob(parseReference(`${registry.host}/o/x`), layer)),
    { message: /the answer comes slower than 1 KiB a second$/ },
  );
  t.like(error, { code: 'REGISTRY_UNREACHABLE' });
});

test('a transfer that always breaks off ends in a bounded number of requests', async (t) => {
  const registry = await startRegistry(t);
  const { layer, layerBytes } = putFakeImage(registry, 'o/x');
  registry.on(/blobs/, breakAfter(layerBytes, 1));
  const { client } = makeClient(t);
  const error = await t.throwsAsync(
    collect(client.fetchBlob(parseReference(`${registry.host}/o/x`), layer)),
    {
      message: /^failed to fetch sha256:\w+ of 127\.0\.0\.1:\d+\/o\/x: .*connection reset by peer$/,
    },
  );
  t.like(error, { code: 'REGISTRY_UNREACHABLE' });
  t.is(asked(registry).length, 5);
});

test('a short body that claims to be whole is asked for again', async (t) => {
  const registry = await startRegistry(t);
  const { layer, layerBytes } = putFakeImage(registry, 'o/x');
  registry.on(/blobs/, cutShort(layerBytes, 50_000), { times: 2 });
  const { client } = makeClient(t);
  t.deepEqual(await collect(client.fetchBlob(parseReference(`${registry.host}/o/x`), layer)), layerBytes);
  const ranges = registry.requests.filter(({ url }) => url !== '/v2/').map(({ headers }) => headers.range);
  t.deepEqual(ranges, [undefined, 'bytes=50000-', 'bytes=100000-']);
});

test('a reader that stops closes the connection', async (t) => {
  const registry = await startRegistry(t);
  const closed = new Promise<void>((resolve) => {
    registry.on(/blobs/, (request, response) => {
      request.socket.once('close', () => resolve());
      response.writeHead(200, { 'content-length': 200_000 });
      response.write('x');
    });
  });
  const { layer } = makeFakeImage();
  const { client } = makeClient(t);
  for await (const chunk of client.fetchBlob(parseReference(`${registry.host}/o/x`), layer))
    if (chunk.length > 0) break;
  await closed;
  t.pass();
});

test('a blob from another origin needs no authorization and gets none', async (t) => {
  const [registry, store] = [await startRegistry(t), await startRegistry(t)];
  const { layer, layerBytes } = putFakeImage(store, 'o/x');
  registry.on(/blobs/, redirectTo(store.origin));
  const { client } = makeClient(t);
  t.deepEqual(await collect(client.fetchBlob(parseReference(`${registry.host}/o/x`), layer)), layerBytes);
  t.is(store.requests[0]?.headers.authorization, undefined);
});

test('the signal ends a transfer and the pause before the next one', async (t) => {
  const registry = await startRegistry(t);
  const { layer } = putFakeImage(registry, 'o/x');
  registry.on(/blobs/, stall({ 'content-length': String(layer.size) }, 'layer '));
  const { client } = makeClient(t);
  const controller = new AbortController();
  const read = async (): Promise<void> => {
    const stream = client.fetchBlob(parseReference(`${registry.host}/o/x`), layer, {
      signal: controller.signal,
    });
    for await (const chunk of stream) if (chunk.length > 0) controller.abort();
  };
  t.like(await t.throwsAsync(read()), { code: 'ABORTED', message: 'canceled' });
});

test('TLS at loopback is found although plain http is tried first, and plain http at an insecure host', async (t) => {
  const [secure, plain] = [await startRegistry(t, { isTls: true }), await startRegistry(t)];
  putFakeImage(secure, 'x');
  putFakeImage(plain, 'x');
  const first = makeClient(t, { transport: { env: { SSL_CERT_FILE: 'test/support/tls/ca.crt' } } });
  await t.notThrowsAsync(first.client.resolve(parseReference(`${secure.host}/x`)));
  const second = makeClient(t, { env: { TSBUILD_INSECURE_REGISTRIES: `${plain.host},${secure.host}` } });
  await t.notThrowsAsync(second.client.resolve(parseReference(`${plain.host}/x`)));
  await t.notThrowsAsync(second.client.resolve(parseReference(`${secure.host}/x`)));
});
