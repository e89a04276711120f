// The known attacks on clients that push, one test per row, each against a registry that carries it out.
import test, { type ExecutionContext } from 'ava';
import { answer, endless, redirectTo, type FakeRegistry } from '../../../support/fake-registry.js';
import { startRegistry } from '../../../support/registry-for-test.js';
import { loginEnv, makePushedImage, makeWriter, outgoing } from '../../../support/registry-writer.js';
import { parseReference } from '../../../../src/oci/reference.js';
import type { TransportOptions } from '../../../../src/registry/transport.js';

const LOGIN = 'me:geheim';
const PAIR = Buffer.from(LOGIN).toString('base64');
const IMAGE = makePushedImage('hostile', [5000]);

/** A registry that wants a password, has no blob, and takes uploads at the place a test gives it. */
async function startTarget(
  t: ExecutionContext,
  { isTls = false }: { readonly isTls?: boolean } = {},
): Promise<FakeRegistry> {
  const registry = await startRegistry(t, { isTls });
  registry.on(
    /^\/v2\/app\//,
    ({ headers }, response, next) => {
      if (headers.authorization === `Basic ${PAIR}`) return next();
      response.writeHead(401, { 'www-authenticate': 'Basic realm="r"' }).end();
    },
    { method: 'HEAD' },
  );
  return registry;
}

function push(
  t: ExecutionContext,
  registry: FakeRegistry,
  { env = {}, transport = {} }: { env?: Record<string, string>; transport?: Partial<TransportOptions> } = {},
) {
  const { writer } = makeWriter(t, { env: { ...loginEnv([registry.host, LOGIN]), ...env }, transport });
  const repository = writer.repository(parseReference(`${registry.host}/app`));
  const { signal } = new AbortController();
  return repository.putBlob(outgoing(IMAGE, IMAGE.blobs[0]!), { signal });
}

/** Proof that nothing of the credentials has reached this place. */
function knowsNothing(t: ExecutionContext, place: FakeRegistry): void {
  const seen = JSON.stringify(place.requests);
  t.false(seen.includes(PAIR) || seen.includes('geheim'), seen);
  t.true(place.requests.every(({ headers }) => headers.authorization === undefined));
}

const FORBIDDEN = [
  'http://169.254.169.254/latest/meta-data',
  'http://[fe80::1]/',
  'http://2852039166/',
  'https://metadata.google.internal/x',
];

for (const target of FORBIDDEN) {
  test(`CVE-2020-15157: an upload does not go to ${target}, be it the Location or a redirect`, async (t) => {
    const proxy = await startRegistry(t);
    for (const isRedirect of [false, true]) {
      const registry = await startTarget(t);
      registry.on(/uploads\/$/, answer(202, { location: isRedirect ? '/v2/app/blobs/uploads/1' : target }));
      registry.on(/uploads\/1/, answer(307, { location: target }));
      const error = await t.throwsAsync(push(t, registry, { transport: { proxyFor: () => proxy.origin } }), {
        message: /link-local or metadata address/,
      });
      t.like(error, { code: 'REGISTRY_PROTOCOL' });
    }
    t.is(proxy.requests.length, 0);
  });
}

for (const target of ['file:///etc/passwd', 'ftp://127.0.0.1/x', 'http://[']) {
  test(`CVE-2020-15157: an upload does not go to ${target}`, async (t) => {
    const registry = await startTarget(t);
    registry.on(/uploads\/$/, answer(202, { location: target }));
    t.like(await t.throwsAsync(push(t, registry)), { code: 'REGISTRY_PROTOCOL' });
  });
}

test('CVE-2020-15157: an upload does not go from https to http, be it the Location or a redirect', async (t) => {
  const plain = await startRegistry(t);
  for (const isRedirect of [false, true]) {
    const registry = await startTarget(t, { isTls: true });
    const target = `${plain.origin}/stolen`;
    registry.on(/uploads\/$/, answer(202, { location: isRedirect ? '/v2/app/blobs/uploads/1' : target }));
    registry.on(/uploads\/1/, answer(307, { location: target }));
    const error = await t.throwsAsync(
      push(t, registry, { env: { TSBUILD_INSECURE_REGISTRIES: registry.host } }),
      { message: /plain http/ },
    );
    t.like(error, { code: 'REGISTRY_PROTOCOL' });
  }
  t.is(plain.requests.length, 0);
});

test('CVE-2026-50151, oras-go: the place of an upload at another origin gets the bytes and no credentials', async (t) => {
  const [registry, other] = [await startTarget(t), await startRegistry(t)];
  registry.on(/uploads\/$/, answer(202, { location: `http://me:geheim@${other.host}/upload?sig=1` }));
  other.on(/./, answer(201));
  t.is(await push(t, registry), 'sent');
  const [put] = other.requests;
  t.like(put, { method: 'PUT', url: `/upload?sig=1&digest=${encodeURIComponent(IMAGE.blobs[0]!.digest)}` });
  t.is(put?.body.length, 5000);
  knowsNothing(t, other);
});

test('CVE-2026-50151: a place of an upload that asks for credentials gets none, and nothing twice', async (t) => {
  const [registry, other] = [await startTarget(t), await startRegistry(t)];
  registry.on(/uploads\/$/, answer(202, { location: `${other.origin}/upload` }));
  other.on(/upload/, answer(401, { 'www-authenticate': `Bearer realm="${other.origin}/token"` }));
  t.like(await t.throwsAsync(push(t, registry)), { code: 'REGISTRY_UNAUTHORIZED' });
  t.true(other.requests.every(({ url }) => url.startsWith('/upload')));
  knowsNothing(t, other);
});

test('CVE-2020-15157: a redirect of an upload gets the bytes and no credentials', async (t) => {
  const [registry, other] = [await startTarget(t), await startRegistry(t)];
  registry.on(/uploads\/$/, answer(202, { location: '/v2/app/blobs/uploads/1' }));
  registry.on(/uploads\/1/, redirectTo(other.origin));
  other.on(/./, answer(201));
  t.is(await push(t, registry), 'sent');
  const sent = registry.requests.find(({ method }) => method === 'PUT');
  t.is(sent?.headers.authorization, `Basic ${PAIR}`);
  t.is(other.requests[0]?.body.length, 5000);
  knowsNothing(t, other);
});

test('a redirect of an upload that leads to itself ends after five', async (t) => {
  const registry = await startTarget(t);
  registry.on(/uploads\/$/, answer(202, { location: '/v2/app/blobs/uploads/1' }));
  registry.on(/uploads\/1/, redirectTo(''));
  await t.throwsAsync(push(t, registry), { message: /more than 5 redirects$/ });
  const puts = registry.requests.filter(({ method }) => method === 'PUT');
  t.is(puts.length, 6);
  t.true(puts.every(({ body }) => body.length === 5000));
});

for (const realm of ['http://169.254.169.254/token', 'http://tokens.example/token', 'file:///etc/passwd']) {
  test(`CVE-2020-15157, GHSA-vh4v-2xq2-g5cg: a push asks for no token at ${realm}`, async (t) => {
    const [registry, proxy] = [await startRegistry(t), await startRegistry(t)];
    registry.on(/app/, answer(401, { 'www-authenticate': `Bearer realm="${realm}",service="s"` }));
    const error = await t.throwsAsync(push(t, registry, { transport: { proxyFor: () => proxy.origin } }), {
      message: /failed to authorize: .* names the token server /,
    });
    t.like(error, { code: 'REGISTRY_PROTOCOL' });
    t.is(proxy.requests.length, 0);
    t.true(registry.requests.every(({ headers }) => headers.authorization === undefined));
  });
}

test('a challenge of a push is answered with a token to push there and nothing else', async (t) => {
  const [registry, server] = [await startRegistry(t), await startRegistry(t)];
  server.on(/token/, answer(200, {}, { token: 't' }));
  const challenge = `Bearer realm="${server.origin}/token",scope="registry:catalog:* repository:secret:*"`;
  registry.on(/app/, ({ headers }, response, next) => {
    if (headers.authorization === 'Bearer t') return next();
    response.writeHead(401, { 'www-authenticate': challenge }).end();
  });
  await t.throwsAsync(push(t, registry));
  const scopes = server.requests.map(({ url }) => new URL(url, 'http://x').searchParams.getAll('scope'));
  t.deepEqual(scopes, [['repository:app:pull,push']]);
});

test('ggcr#2204: an answer to an upload that never ends is not read to its end', async (t) => {
  const registry = await startTarget(t);
  registry.on(/uploads\/$/, endless());
  await t.throwsAsync(push(t, registry), { message: /uploads/ });
});
