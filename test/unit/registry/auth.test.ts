import test, { type ExecutionContext } from 'ava';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parseReference } from '../../../src/oci/reference.js';
import { putFakeImage } from '../../support/fake-image.js';
import { answer, startFakeRegistry, type Behaviour, type FakeRegistry } from '../../support/fake-registry.js';
import { collect, makeClient } from '../../support/registry-client.js';

async function start(t: ExecutionContext): Promise<FakeRegistry> {
  const registry = await startFakeRegistry();
  t.teardown(() => registry.close());
  return registry;
}

/** DOCKER_CONFIG with these entries. */
function login(auths: Record<string, object>): Record<string, string> {
  const folder = mkdtempSync(join(tmpdir(), 'docker-config-'));
  writeFileSync(join(folder, 'config.json'), JSON.stringify({ auths }));
  return { DOCKER_CONFIG: folder };
}

const PAIR = Buffer.from('me:geheim').toString('base64');

/** Lets requests with this Authorization through and challenges the others. */
function wants(header: () => string, challenge: () => string): Behaviour {
  return (request, response, next) => {
    if (request.headers.authorization === header()) return next();
    response.writeHead(401, { 'www-authenticate': challenge() });
    response.end('{}');
  };
}

const authorizations = (registry: FakeRegistry): (string | undefined)[] =>
  registry.requests.filter(({ url }) => url !== '/v2/').map(({ headers }) => headers.authorization);

test('Basic: credentials are sent once they are asked for, then at once', async (t) => {
  const registry = await start(t);
  const { layer } = putFakeImage(registry, 'o/x');
  registry.on(
    /o\/x/,
    wants(
      () => `Basic ${PAIR}`,
      () => 'Basic realm="r"',
    ),
  );
  const { client } = makeClient(t, { env: login({ [registry.host]: { auth: PAIR } }) });
  const reference = parseReference(`${registry.host}/o/x`);
  await client.resolve(reference);
  await collect(client.fetchBlob(reference, layer));
  t.deepEqual(authorizations(registry), [undefined, `Basic ${PAIR}`, `Basic ${PAIR}`]);
});

test("without credentials, and with wrong ones, access is denied with BuildKit's words and a hint to log in", async (t) => {
  const registry = await start(t);
  const body = { errors: [{ code: 'UNAUTHORIZED', message: 'authentication required' }] };
  registry.on(/o\/x/, answer(401, { 'www-authenticate': 'Basic realm="r"' }, body));
  const files = login({ [registry.host]: { auth: PAIR } });
  const command = `log in with "tsbuild login ${registry.host}"`;
  const used = `the credentials of ${files['DOCKER_CONFIG']}/config.json (user me) were used`;
  for (const [env, hint] of [
    [{}, `${command}, or check the name`],
    [files, `${used}: ${command} as another user, or check the name`],
  ] as const) {
    const { client } = makeClient(t, { env });
    const error = await t.throwsAsync(client.resolve(parseReference(`${registry.host}/o/x`)), {
      message:
        /: pull access denied, repository does not exist or may require authorization: server message: unauthorized: authentication required$/,
    });
    t.like(error, {
      code: 'REGISTRY_UNAUTHORIZED',
      hint,
    });
  }
  t.is(authorizations(registry).length, 3);
});

interface TokenLab {
  readonly registry: FakeRegistry;
  readonly server: FakeRegistry;
}

/** A registry with a token server at another loopback origin; every token is `t<n>`, the last one being good. */
async function tokenLab(t: ExecutionContext, extra: object = {}): Promise<TokenLab> {
  const [registry, server] = [await start(t), await start(t)];
  let count = 0;
  server.on(/^\/token/, (_, response) => {
    count += 1;
    response.end(JSON.stringify({ token: `t${count}`, ...extra }));
  });
  const challenge = `Bearer realm="${server.origin}/token?keep=1",service="reg",scope="repository:o/x:pull"`;
  registry.on(
    /o\/x/,
    wants(
      () => `Bearer t${count}`,
      () => challenge,
    ),
  );
  return { registry, server };
}

test('Bearer: an anonymous token, asked for once for all of a repository', async (t) => {
  const { registry, server } = await tokenLab(t, { expires_in: 300 });
  const { layer } = putFakeImage(registry, 'o/x');
  const { client } = makeClient(t);
  const reference = parseReference(`${registry.host}/o/x`);
  await client.resolve(reference);
  await collect(client.fetchBlob(reference, layer));
  t.is(server.requests.length, 1);
  t.is(server.requests[0]?.url, '/token?keep=1&service=reg&scope=repository%3Ao%2Fx%3Apull');
  t.is(server.requests[0]?.headers.authorization, undefined);
  t.deepEqual(authorizations(registry), [undefined, 'Bearer t1', 'Bearer t1']);
});

test('Bearer: credentials go to the token server, never to the registry', async (t) => {
  const { registry, server } = await tokenLab(t);
  putFakeImage(registry, 'o/x');
  const { client } = makeClient(t, {
    env: login({ [registry.host]: { username: 'me', password: 'geheim' } }),
  });
  await client.resolve(parseReference(`${registry.host}/o/x`));
  t.is(server.requests[0]?.headers.authorization, `Basic ${PAIR}`);
  t.deepEqual(authorizations(registry), [undefined, 'Bearer t1']);
});

test('Bearer: an expired token is renewed before it is refused, a refused one after', async (t) => {
  const { registry, server } = await tokenLab(t, { expires_in: 100 });
  putFakeImage(registry, 'o/x');
  let now = 0;
  const { client } = makeClient(t, { now: () => now });
  const reference = parseReference(`${registry.host}/o/x`);
  await client.resolve(reference);
  now = 89;
  await client.resolve(reference);
  now = 91;
  await client.resolve(reference);
  t.is(server.requests.length, 2);
  await fetch(`${server.origin}/token`);
  await client.resolve(reference);
  t.deepEqual(authorizations(registry), [undefined, ...[1, 1, 2, 2, 4].map((count) => `Bearer t${count}`)]);
});

test('an identity token is exchanged by POST, a registry token is used as it is', async (t) => {
  const { registry, server } = await tokenLab(t);
  putFakeImage(registry, 'o/x');
  const reference = parseReference(`${registry.host}/o/x`);
  await makeClient(t, { env: login({ [registry.host]: { identitytoken: 'refresh' } }) }).client.resolve(
    reference,
  );
  const [post] = server.requests;
  t.is(post?.method, 'POST');
  t.deepEqual(Object.fromEntries(new URLSearchParams(post?.body)), {
    grant_type: 'refresh_token',
    client_id: 'tsbuild',
    refresh_token: 'refresh',
    service: 'reg',
    scope: 'repository:o/x:pull',
  });
  await makeClient(t, { env: login({ [registry.host]: { registrytoken: 't1' } }) }).client.resolve(reference);
  t.is(server.requests.length, 1);
});

test('a token server that refuses: failed to authorize … 401', async (t) => {
  const { registry, server } = await tokenLab(t);
  const refusing = await start(t);
  refusing.on(/token/, answer(401, {}, { details: 'incorrect username or password' }));
  registry.on(/o\/y/, answer(401, { 'www-authenticate': `Bearer realm="${refusing.origin}/token"` }));
  const { client } = makeClient(t, { env: login({ [registry.host]: { auth: PAIR } }) });
  const error = await t.throwsAsync(client.resolve(parseReference(`${registry.host}/o/y`)), {
    message:
      /: failed to authorize: failed to fetch oauth token: unexpected status from GET request to http:\/\/127\.0\.0\.1:\d+\/token: 401 Unauthorized: incorrect username or password$/,
  });
  t.like(error, { code: 'REGISTRY_UNAUTHORIZED' });
  t.is(server.requests.length, 0);
});

test("insufficient scope has BuildKit's words", async (t) => {
  const { registry, server } = await tokenLab(t);
  registry.on(
    /o\/z/,
    answer(401, { 'www-authenticate': `Bearer realm="${server.origin}/token",error="insufficient_scope"` }),
  );
  const { client } = makeClient(t);
  await t.throwsAsync(client.resolve(parseReference(`${registry.host}/o/z`)), {
    message:
      /: pull access denied, repository does not exist or may require authorization: server message: insufficient_scope: authorization failed$/,
  });
});

test('a registry that answers every token with 401 is asked twice, not for ever', async (t) => {
  const { registry, server } = await tokenLab(t);
  registry.on(/loop/, answer(401, { 'www-authenticate': `Bearer realm="${server.origin}/token"` }));
  const { client } = makeClient(t);
  await t.throwsAsync(client.resolve(parseReference(`${registry.host}/loop`)));
  t.is(authorizations(registry).length, 2);
  t.is(server.requests.length, 1);
});

test('only pulling is asked for, whatever scope the challenge names', async (t) => {
  const { registry, server } = await tokenLab(t);
  for (const scope of ['repository:other:pull', 'repository:other:pull,push', 'registry:catalog:*']) {
    registry.on(
      /a\/b/,
      answer(401, { 'www-authenticate': `Bearer realm="${server.origin}/token",scope="${scope}"` }),
      { times: 2 },
    );
    await t.throwsAsync(makeClient(t).client.resolve(parseReference(`${registry.host}/a/b`)));
  }
  const scopes = server.requests.map(({ url }) => new URL(url, 'http://x').searchParams.getAll('scope'));
  t.deepEqual(scopes, [
    ['repository:a/b:pull', 'repository:other:pull'],
    ['repository:a/b:pull'],
    ['repository:a/b:pull'],
  ]);
});

test('a mirror gets its own credentials, never those of the registry it stands for', async (t) => {
  const [registry, mirror] = [await start(t), await start(t)];
  putFakeImage(registry, 'o/x');
  mirror.on(/o\/x/, answer(401, { 'www-authenticate': 'Basic realm="m"' }));
  registry.on(
    /o\/x/,
    wants(
      () => `Basic ${PAIR}`,
      () => 'Basic realm="r"',
    ),
  );
  const env = {
    ...login({ [registry.host]: { auth: PAIR } }),
    TSBUILD_REGISTRY_MIRRORS: `${registry.host}=${mirror.origin}`,
  };
  await makeClient(t, { env }).client.resolve(parseReference(`${registry.host}/o/x`));
  t.deepEqual(authorizations(mirror), [undefined]);
  t.deepEqual(authorizations(registry), [undefined, `Basic ${PAIR}`]);
});
