// Authorization of what is more than pulling: scopes of pushes and mounts, uploads at other origins, tokens that end.
import test, { type ExecutionContext } from 'ava';
import { createAuthenticator } from '../../../src/registry/auth.js';
import type { Credential } from '../../../src/registry/credentials.js';
import { createEndpointRequester, type EndpointRequest } from '../../../src/registry/endpoint-requester.js';
import { mountScopes, pushScope } from '../../../src/registry/scopes.js';
import type { DocumentResponse, TransportOptions } from '../../../src/registry/transport.js';
import { bodyOf } from '../../../src/registry/upload-body.js';
import { answer, redirectTo, type Behaviour, type FakeRegistry } from '../../support/fake-registry.js';
import { makeTransport } from '../../support/registry-client.js';
import { startRegistry } from '../../support/registry-for-test.js';

const ME: Credential = { username: 'me', password: 'geheim', from: '/home/me/.docker/config.json' };
const PAIR = `Basic ${Buffer.from('me:geheim').toString('base64')}`;

interface Lab {
  readonly registry: FakeRegistry;
  readonly server: FakeRegistry;
  readonly credentials: { credential: Credential | undefined; lookups: number };
  /** Sends to the repository `to` as a writer does. */
  send(method: 'HEAD' | 'POST' | 'PUT' | 'DELETE', request: EndpointRequest): Promise<DocumentResponse>;
  /** What the token server was asked for, each time. */
  scopes(): string[][];
}

interface LabOptions {
  readonly token?: Behaviour;
  readonly challenge?: (server: FakeRegistry) => string;
  readonly now?: () => number;
  readonly transport?: Partial<TransportOptions>;
}

/** A registry that wants to be authorized, and a token server at another origin that gives `t1`, `t2` … */
async function startLab(t: ExecutionContext, options: LabOptions = {}): Promise<Lab> {
  const [registry, server] = [await startRegistry(t), await startRegistry(t)];
  const { now = () => 0 } = options;
  let count = 0;
  const token: Behaviour = (_, response) => {
    count += 1;
    response.end(JSON.stringify({ token: `t${count}`, expires_in: 300 }));
  };
  server.on(/^\/token/, options.token ?? token);
  const challenge = options.challenge?.(server) ?? `Bearer realm="${server.origin}/token",service="reg"`;
  registry.on(/\/to\//, ({ headers }, response) => {
    if (headers.authorization !== undefined) response.writeHead(202, { location: '/elsewhere' });
    else response.writeHead(401, { 'www-authenticate': challenge });
    response.end();
  });
  const { transport } = makeTransport(t, { now, ...options.transport });
  const credentials = { credential: ME as Credential | undefined, lookups: 0 };
  const authenticator = createAuthenticator({
    transport,
    insecureHosts: [],
    now,
    credentials: {
      async lookup() {
        credentials.lookups += 1;
        return credentials.credential;
      },
    },
  });
  const requester = createEndpointRequester({ transport, authenticator });
  const endpoint = {
    registry: registry.host,
    repository: 'to',
    origins: [registry.origin],
    isMirror: false,
  };
  return {
    registry,
    server,
    credentials,
    send: (method, request) =>
      requester.send(endpoint, { scopes: [pushScope('to')], ...request }, (url, headers, isGuarded) =>
        transport.fetchDocument(url, {
          method,
          headers,
          isGuarded,
          maxBytes: 1000,
          ...(method === 'PUT' ? { body: bodyOf(Buffer.from('body')) } : {}),
        }),
      ),
    scopes: () =>
      server.requests.map(({ url, body }) => {
        const query = new URL(url, 'http://x').searchParams.getAll('scope');
        return query.length > 0 ? query : (new URLSearchParams(body).get('scope') ?? '').split(' ');
      }),
  };
}

const authorizations = ({ registry }: Lab): (string | undefined)[] =>
  registry.requests.map(({ headers }) => headers.authorization);

test('one token for a whole push; a mount gets its own, target first, once the registry has asked', async (t) => {
  const lab = await startLab(t);
  await lab.send('HEAD', { place: 'blobs/x' });
  await lab.send('POST', { place: 'blobs/uploads/' });
  await lab.send('POST', { place: 'blobs/uploads/?mount=x&from=from', scopes: mountScopes('to', 'from') });
  t.deepEqual(lab.scopes(), [
    ['repository:to:pull,push'],
    ['repository:to:pull,push', 'repository:from:pull'],
  ]);
  t.true(lab.server.requests.every(({ headers }) => headers.authorization === PAIR));
  t.deepEqual(authorizations(lab), [undefined, 'Bearer t1', 'Bearer t1', 'Bearer t2']);
  t.is(lab.credentials.lookups, 1);
});

test('requests at the same time share a token', async (t) => {
  const lab = await startLab(t);
  const answers = await Promise.all(
    Array.from({ length: 6 }, (_, index) => lab.send('HEAD', { place: `blobs/${index}` })),
  );
  t.true(answers.every(({ status }) => status === 202));
  t.is(lab.server.requests.length, 1);
});

test('Basic: the same header for all of a push', async (t) => {
  const lab = await startLab(t, { challenge: () => 'Basic realm="r"' });
  for (const place of ['blobs/uploads/', 'blobs/uploads/?mount=x']) await lab.send('POST', { place });
  t.deepEqual(authorizations(lab), [undefined, PAIR, PAIR]);
  t.is(lab.server.requests.length, 0);
});

test('nobody is looked up twice when there are no credentials', async (t) => {
  const lab = await startLab(t, { challenge: () => 'Basic realm="r"' });
  lab.credentials.credential = undefined;
  for (let i = 0; i < 3; i++) t.is((await lab.send('POST', { place: 'blobs/uploads/' })).status, 401);
  t.is(lab.credentials.lookups, 1);
  t.is(lab.registry.requests.length, 3);
});

test('a 401 to a body that cannot be sent again renews the token and is the answer', async (t) => {
  const lab = await startLab(t);
  t.is((await lab.send('PUT', { place: 'blobs/uploads/1', isRepeatable: false })).status, 401);
  t.is((await lab.send('PUT', { place: 'blobs/uploads/2', isRepeatable: false })).status, 202);
  t.deepEqual(
    lab.registry.requests.map(({ url, headers }) => [url, headers.authorization]),
    [
      ['/v2/to/blobs/uploads/1', undefined],
      ['/v2/to/blobs/uploads/2', 'Bearer t1'],
    ],
  );
});

test('an upload at the own origin is authorized, one at another origin is not and its 401 is not answered', async (t) => {
  const lab = await startLab(t);
  const other = await startRegistry(t);
  other.on(/./, answer(401, { 'www-authenticate': `Basic realm="r"` }));
  await lab.send('POST', { place: 'blobs/uploads/' });
  const own = new URL(`${lab.registry.origin}/v2/to/blobs/uploads/1?state=a%2Fb`);
  t.is((await lab.send('PUT', { place: own })).status, 202);
  t.is(lab.registry.requests.at(-1)?.url, '/v2/to/blobs/uploads/1?state=a%2Fb');
  t.is((await lab.send('PUT', { place: new URL(`${other.origin}/upload?sig=1`) })).status, 401);
  t.deepEqual(
    other.requests.map(({ url, headers }) => [url, headers.authorization]),
    [['/upload?sig=1', undefined]],
  );
  t.is(lab.server.requests.length, 1);
});

test('a redirect of an upload takes no Authorization along', async (t) => {
  const lab = await startLab(t);
  const other = await startRegistry(t);
  other.on(/./, answer(201));
  await lab.send('POST', { place: 'blobs/uploads/' });
  lab.registry.on(/^\/away/, redirectTo(other.origin));
  const response = await lab.send('PUT', { place: new URL(`${lab.registry.origin}/away`) });
  t.is(response.status, 201);
  t.is(lab.registry.requests.at(-1)?.headers.authorization, 'Bearer t1');
  t.like(other.requests[0], { method: 'PUT', body: 'body' });
  t.is(other.requests[0]?.headers.authorization, undefined);
});

for (const [what, clock, issuedAt, lives] of [
  ['no issued_at: from when it came', 1000, undefined, 90],
  ['issued a while ago', 1000, 980, 70],
  ['issued in the future, by a clock that is ahead', 1000, 1500, 90],
  ['at its end already, by a clock that is behind', 1000, 500, 90],
] as const) {
  test(`a token is used for nine tenths of its life: ${what}`, async (t) => {
    let now: number = clock;
    const issued = issuedAt === undefined ? {} : { issued_at: new Date(issuedAt * 1000).toISOString() };
    const token = answer(200, {}, { token: 't', expires_in: 100, ...issued });
    const lab = await startLab(t, { now: () => now, token });
    for (const [seconds, tokens] of [
      [0, 1],
      [lives - 1, 1],
      [lives + 1, 2],
    ] as const) {
      now = clock + seconds;
      await lab.send('HEAD', { place: 'blobs/x' });
      t.is(lab.server.requests.length, tokens, String(seconds));
    }
    t.is(lab.registry.requests.length, 4);
  });
}

test('a token without expires_in lives for a minute', async (t) => {
  let now = 0;
  const lab = await startLab(t, { now: () => now, token: answer(200, {}, { access_token: 't' }) });
  for (const [seconds, tokens] of [
    [0, 1],
    [53, 1],
    [55, 2],
  ] as const) {
    now = seconds;
    await lab.send('HEAD', { place: 'blobs/x' });
    t.is(lab.server.requests.length, tokens);
  }
});

for (const status of [400, 401, 404, 405]) {
  for (const [credential, pair] of [
    [{ identityToken: 'refresh' }, '<token>:refresh'],
    [{ username: 'user', password: '', identityToken: 'refresh' }, 'user:refresh'],
  ] as const) {
    test(`an identity token whose POST is answered by ${status} is sent by GET: ${pair}`, async (t) => {
      const lab = await startLab(t, {
        token: (request, response) => {
          if (request.method === 'POST') return void response.writeHead(status).end();
          response.end(JSON.stringify({ token: 't0' }));
        },
      });
      lab.credentials.credential = credential;
      t.is((await lab.send('POST', { place: 'blobs/uploads/' })).status, 202);
      const [post, get] = lab.server.requests;
      t.like(post, { method: 'POST' });
      t.is(post?.headers.authorization, undefined);
      t.is(get?.headers.authorization, `Basic ${Buffer.from(pair).toString('base64')}`);
      t.deepEqual(lab.scopes(), [['repository:to:pull,push'], ['repository:to:pull,push']]);
    });
  }
}

test('a registry that says nothing with its 401 is asked at /v2/ which token it wants', async (t) => {
  const [registry, server] = [await startRegistry(t), await startRegistry(t)];
  server.on(/^\/token/, answer(200, {}, { token: 'good' }));
  registry.on(/^\/v2\/$/, answer(401, { 'www-authenticate': `Bearer realm="${server.origin}/token"` }));
  registry.on(/./, (request, response) => {
    response.writeHead(request.headers.authorization === 'Bearer good' ? 202 : 401).end();
  });
  const { transport } = makeTransport(t);
  const credentials = { lookup: async () => undefined };
  const authenticator = createAuthenticator({ transport, credentials, insecureHosts: [], now: () => 0 });
  const requester = createEndpointRequester({ transport, authenticator });
  const endpoint = { registry: registry.host, repository: 'to', origins: [registry.origin], isMirror: false };
  const ask = (url: string, headers: Readonly<Record<string, string>>) =>
    transport.fetchDocument(url, { headers, maxBytes: 1000 });
  t.is((await requester.send(endpoint, { place: 'manifests/1' }, ask)).status, 202);
  t.is((await requester.send(endpoint, { place: 'manifests/2' }, ask)).status, 202);
  t.deepEqual(
    registry.requests.map(({ url }) => url),
    ['/v2/to/manifests/1', '/v2/', '/v2/to/manifests/1', '/v2/to/manifests/2'],
  );
});
