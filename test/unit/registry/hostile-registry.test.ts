// The known attacks on registry clients, one test per row, each against a registry that carries it out.
import test, { type ExecutionContext } from 'ava';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Digest } from '../../../src/core/digest.js';
import { parseReference } from '../../../src/oci/reference.js';
import { MEDIA } from '../../../src/oci/types.js';
import { putFakeImage, makeFakeImage } from '../../support/fake-image.js';
import { answer, endless, redirectTo, sha256, type FakeRegistry } from '../../support/fake-registry.js';
import { collect, makeClient } from '../../support/registry-client.js';
import { startRegistry } from '../../support/registry-for-test.js';

const PAIR = Buffer.from('me:geheim').toString('base64');

function login(registry: FakeRegistry): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'docker-config-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths: { [registry.host]: { auth: PAIR } } }));
  return { DOCKER_CONFIG: folder };
}

/** Proof that nothing of the credentials has reached this place. */
function knowsNothing(t: ExecutionContext, place: FakeRegistry): void {
  const seen = JSON.stringify(place.requests);
  t.false(seen.includes(PAIR) || seen.includes('geheim'), seen);
  t.true(place.requests.every(({ headers }) => headers.authorization === undefined));
}

const LINK_LOCAL = [
  'http://169.254.169.254/token',
  'https://169.254.169.254/token',
  'https://[fe80::1]/t',
  'https://metadata.google.internal/t',
];

const UNUSABLE_DIGESTS = [
  'sha256:../../x',
  'sha256:abc',
  `sha256:${'A'.repeat(64)}`,
  `md5:${'a'.repeat(32)}`,
  `sha512:${'a'.repeat(128)}`,
  '',
  '../../../etc/passwd',
];

for (const digest of UNUSABLE_DIGESTS) {
  test(`CVE-2024-3727: the digest ${JSON.stringify(digest.slice(0, 40))} is refused in manifest, index, header and descriptor`, async (t) => {
    const registry = await startRegistry(t);
    const { layer, document } = makeFakeImage();
    const bad = { ...layer, digest };
    registry.putManifest('x', { ...document, layers: [bad] }, { type: MEDIA.ociManifest, tag: 'layer' });
    registry.putManifest('x', { ...document, config: bad }, { type: MEDIA.ociManifest, tag: 'config' });
    registry.putManifest('x', { schemaVersion: 2, manifests: [bad] }, { type: MEDIA.ociIndex, tag: 'index' });
    registry.on(
      /header/,
      answer(200, { 'content-type': MEDIA.ociManifest, 'docker-content-digest': digest }, document),
    );
    const { client } = makeClient(t);
    for (const tag of ['layer', 'config', 'index', 'header']) {
      const error = await t.throwsAsync(client.resolve(parseReference(`${registry.host}/x:${tag}`)), {
        message: /is not a sha256 digest/,
      });
      t.like(error, { code: 'REGISTRY_PROTOCOL' });
    }
    const count = registry.requests.length;
    await t.throwsAsync(
      collect(client.fetchBlob(parseReference(`${registry.host}/x`), { ...layer, digest: digest as Digest })),
    );
    t.is(registry.requests.length, count);
  });
}

test('CVE-2021-41190: a document that is a manifest and an index at once, or not what its header says, is refused', async (t) => {
  const registry = await startRegistry(t);
  const { layer, document } = makeFakeImage();
  const both = { ...document, manifests: [layer] };
  const cases: readonly [tag: string, document: object, type: string][] = [
    ['both-as-manifest', both, MEDIA.ociManifest],
    ['both-as-index', { ...both, mediaType: MEDIA.ociIndex }, MEDIA.ociIndex],
    ['both-untyped', { ...both, mediaType: undefined }, 'application/json'],
    ['manifest-as-index', document, MEDIA.ociIndex],
    ['manifest-as-docker', document, MEDIA.dockerManifest],
    ['untyped-as-index', { ...document, mediaType: undefined }, MEDIA.ociIndex],
  ];
  const { client } = makeClient(t);
  for (const [tag, content, type] of cases) {
    registry.putManifest('x', content, { type, tag });
    const error = await t.throwsAsync(
      client.resolve(parseReference(`${registry.host}/x:${tag}`)),
      undefined,
      tag,
    );
    t.like(error, { code: 'REGISTRY_PROTOCOL' }, tag);
  }
});

for (const realm of LINK_LOCAL) {
  test(`CVE-2020-15157, CVE-2026-48978, GHSA-vh4v-2xq2-g5cg: no token is asked for at ${realm}`, async (t) => {
    const [registry, proxy] = [await startRegistry(t), await startRegistry(t)];
    registry.on(/manifests/, answer(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }));
    for (const env of [{}, login(registry)]) {
      const { client } = makeClient(t, { env, transport: { proxyFor: () => proxy.origin } });
      const error = await t.throwsAsync(client.resolve(parseReference(`${registry.host}/x`)), {
        message: /failed to authorize: .*a link-local or metadata address$/,
      });
      t.like(error, { code: 'REGISTRY_PROTOCOL' });
    }
    t.is(proxy.requests.length, 0);
  });
}

test('CVE-2020-15157, GHSA-vh4v-2xq2-g5cg: a realm over plain http elsewhere gets neither credentials nor a request', async (t) => {
  const [registry, proxy] = [await startRegistry(t), await startRegistry(t)];
  registry.on(/manifests/, answer(401, { 'www-authenticate': 'Bearer realm="http://tokens.example/token"' }));
  const { client } = makeClient(t, { env: login(registry), transport: { proxyFor: () => proxy.origin } });
  await t.throwsAsync(client.resolve(parseReference(`${registry.host}/x`)), {
    message: /names the token server http:\/\/tokens\.example\/token: plain http/,
  });
  t.is(proxy.requests.length, 0);
});

for (const realm of ['file:///etc/passwd', 'http://[', 'https://u:p@tokens.example/t', '']) {
  test(`ggcr#2193: the realm ${JSON.stringify(realm)} is refused or is no realm at all`, async (t) => {
    const registry = await startRegistry(t);
    registry.on(/manifests/, answer(401, { 'www-authenticate': `Bearer realm="${realm}"` }));
    const { client } = makeClient(t, { env: login(registry) });
    const error = await t.throwsAsync(client.resolve(parseReference(`${registry.host}/x`)));
    t.true(
      error && 'code' in error && /^REGISTRY_(PROTOCOL|UNAUTHORIZED|NOT_FOUND)$/.test(String(error.code)),
      String(error),
    );
  });
}

test('CVE-2026-50151: a token server that redirects does not take the credentials along', async (t) => {
  const [registry, server, thief] = [await startRegistry(t), await startRegistry(t), await startRegistry(t)];
  registry.on(/manifests/, answer(401, { 'www-authenticate': `Bearer realm="${server.origin}/token"` }));
  server.on(/token/, redirectTo(thief.origin));
  thief.on(/token/, answer(200, {}, { token: 'stolen' }));
  const { client } = makeClient(t, { env: login(registry) });
  await t.throwsAsync(client.resolve(parseReference(`${registry.host}/x`)));
  t.is(server.requests[0]?.headers.authorization, `Basic ${PAIR}`);
  t.is(thief.requests.length, 1);
  knowsNothing(t, thief);
});

test('CVE-2020-15157: a redirect of a manifest or a blob takes no Authorization along', async (t) => {
  const [registry, thief] = [await startRegistry(t), await startRegistry(t)];
  const { layer } = putFakeImage(thief, 'x');
  registry.on(/./, (request, response, next) => {
    if (request.url === '/v2/') return next();
    if (request.headers.authorization !== `Basic ${PAIR}`)
      return void response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    redirectTo(thief.origin)(request, response, next);
  });
  const { client } = makeClient(t, { env: login(registry) });
  const reference = parseReference(`${registry.host}/x`);
  await client.resolve(reference);
  await collect(client.fetchBlob(reference, layer));
  t.is(thief.requests.length, 2);
  knowsNothing(t, thief);
});

test('CVE-2020-15157: a challenge from where a redirect led is not answered', async (t) => {
  const [registry, thief] = [await startRegistry(t), await startRegistry(t)];
  registry.on(/manifests/, redirectTo(thief.origin));
  thief.on(/manifests/, answer(401, { 'www-authenticate': 'Basic realm="r"' }));
  const { client } = makeClient(t, { env: login(registry) });
  t.like(await t.throwsAsync(client.resolve(parseReference(`${registry.host}/x`))), {
    code: 'REGISTRY_UNAUTHORIZED',
  });
  t.is(thief.requests.length, 1);
  knowsNothing(t, thief);
});

test('CVE-2020-15157: the urls of a foreign layer are never asked', async (t) => {
  const [registry, thief] = [await startRegistry(t), await startRegistry(t)];
  const { layer, layerBytes } = putFakeImage(registry, 'x');
  const { client } = makeClient(t, { env: login(registry) });
  const foreign = { ...layer, urls: [`${thief.origin}/layer`, 'http://169.254.169.254/'] };
  t.deepEqual(await collect(client.fetchBlob(parseReference(`${registry.host}/x`), foreign)), layerBytes);
  await t.throwsAsync(
    collect(
      client.fetchBlob(parseReference(`${registry.host}/x`), {
        ...foreign,
        digest: sha256(Buffer.from('no')) as Digest,
      }),
    ),
  );
  t.is(thief.requests.length, 0);
});

test('a redirect to a link-local address is refused for manifests and blobs', async (t) => {
  const registry = await startRegistry(t);
  const { layer } = makeFakeImage();
  registry.on(/x/, answer(307, { location: 'http://169.254.169.254/latest/meta-data/iam' }));
  const { client } = makeClient(t);
  const reference = parseReference(`${registry.host}/x`);
  await t.throwsAsync(client.resolve(reference), { message: /link-local or metadata address: refused/ });
  await t.throwsAsync(collect(client.fetchBlob(reference, layer)), {
    message: /link-local or metadata address: refused/,
  });
});

test('ggcr#2204, #1711: an endless manifest, an endless token and an endless error are cut off', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/manifests\/latest/, endless({ 'content-type': MEDIA.ociManifest }));
  registry.on(
    /manifests\/token/,
    answer(401, { 'www-authenticate': `Bearer realm="${registry.origin}/token"` }),
  );
  registry.on(/token/, endless());
  registry.on(/blobs/, (_, response) => {
    response.writeHead(404);
    const send = (): void => void (response.destroyed || response.write(Buffer.alloc(1 << 16), send));
    send();
  });
  const { client } = makeClient(t);
  for (const tag of ['latest', 'token']) {
    await t.throwsAsync(client.resolve(parseReference(`${registry.host}/x:${tag}`)), {
      message: /the answer is longer than \d+ bytes/,
    });
  }
  const error = await t.throwsAsync(
    collect(client.fetchBlob(parseReference(`${registry.host}/other`), makeFakeImage().layer)),
  );
  t.like(error, { code: 'REGISTRY_NOT_FOUND' });
});

test('podman-desktop#16663, #19166: a blob longer than its descriptor is cut off at its size', async (t) => {
  const registry = await startRegistry(t);
  const { layer } = makeFakeImage();
  registry.on(
    /blobs/,
    answer(200, { 'content-length': String(layer.size + 1) }, 'x'.repeat(layer.size + 1)),
    { times: 1 },
  );
  registry.on(/blobs/, endless());
  const { client } = makeClient(t);
  for (const message of [
    /200001 bytes for a blob of 200000/,
    /more bytes than the 200000 of the descriptor/,
  ]) {
    let received = 0;
    const read = async (): Promise<void> => {
      for await (const chunk of client.fetchBlob(parseReference(`${registry.host}/x`), layer))
        received += chunk.length;
    };
    t.like(await t.throwsAsync(read(), { message }), { code: 'REGISTRY_PROTOCOL' });
    t.true(received <= layer.size);
  }
});

test('a blob with other bytes ends in an error, also when it came in pieces', async (t) => {
  const registry = await startRegistry(t);
  const { layer } = makeFakeImage();
  registry.on(/blobs/, answer(200, {}, 'x'.repeat(1000)), { times: 1 });
  registry.on(/blobs/, answer(206, { 'content-range': `bytes 1000-199999/200000` }, 'y'.repeat(199_000)));
  const { client } = makeClient(t);
  const error = await t.throwsAsync(collect(client.fetchBlob(parseReference(`${registry.host}/x`), layer)));
  t.like(error, { code: 'REGISTRY_DIGEST_MISMATCH' });
});

for (const range of ['bytes 0-199999/200000', 'bytes 1000-1/999999', 'bytes x', '']) {
  test(`a range that was not asked for is refused: ${JSON.stringify(range)}`, async (t) => {
    const registry = await startRegistry(t);
    const { layer } = makeFakeImage();
    registry.on(/blobs/, answer(206, { 'content-range': range }, 'y'.repeat(199_000)));
    const { client } = makeClient(t);
    const stream = client.fetchBlob(parseReference(`${registry.host}/x`), layer, { offset: 1000 });
    t.like(await t.throwsAsync(collect(stream), { message: /asked for bytes from 1000 of 200000/ }), {
      code: 'REGISTRY_PROTOCOL',
    });
  });
}

test('a manifest with another digest than asked for, or than its header says, is refused', async (t) => {
  const registry = await startRegistry(t);
  const { document, digest } = putFakeImage(registry, 'x');
  const other = makeFakeImage('other');
  registry.on(/manifests\/sha256/, answer(200, { 'content-type': MEDIA.ociManifest }, other.document));
  registry.on(
    /manifests\/header/,
    answer(200, { 'content-type': MEDIA.ociManifest, 'docker-content-digest': other.digest }, document),
  );
  const { client } = makeClient(t);
  for (const suffix of [`@${digest}`, ':header']) {
    const error = await t.throwsAsync(client.resolve(parseReference(`${registry.host}/x${suffix}`)));
    t.like(error, { code: 'REGISTRY_DIGEST_MISMATCH' });
  }
  t.like(await t.throwsAsync(client.fetchManifest(parseReference(`${registry.host}/x`), digest)), {
    code: 'REGISTRY_DIGEST_MISMATCH',
  });
});

test('messages carry neither credentials, nor queries, nor control characters of the server', async (t) => {
  const [registry, store] = [await startRegistry(t), await startRegistry(t)];
  const { layer } = makeFakeImage();
  registry.on(/blobs/, answer(307, { location: `${store.origin}/b?X-Amz-Signature=geheim` }));
  store.on(/./, answer(418, {}, { errors: [{ code: 'X', message: '\u001b]0;title\u0007 \u202e evil' }] }));
  const { client } = makeClient(t);
  const error = await t.throwsAsync(collect(client.fetchBlob(parseReference(`${registry.host}/x`), layer)));
  const shown = `${error?.message} ${String(error?.cause)}`;
  t.regex(shown, /418 I'm a Teapot/);
  t.notRegex(shown, /geheim|[\u0000-\u001f\u202e]/);
});
