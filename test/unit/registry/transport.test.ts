import test from 'ava';
import { once } from 'node:events';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { answer, endless, redirectTo, reset, stall } from '../../support/fake-registry.js';
import { collect, makeTransport } from '../../support/registry-client.js';
import { startRegistry } from '../../support/registry-for-test.js';

const MAX = { maxBytes: 1000 };

test('a document comes with its status, headers and final URL; no encoding is asked for', async (t) => {
  const [a, b] = [await startRegistry(t), await startRegistry(t)];
  a.on(/^\/x/, redirectTo(b.origin));
  b.on(/^\/x/, answer(200, { 'x-test': 'yes' }, 'body'));
  const { transport } = makeTransport(t, { userAgent: 'tsbuild/1' });
  const response = await transport.fetchDocument(`${a.origin}/x?q=1`, MAX);
  t.like(response, { status: 200, url: `${b.origin}/x?q=1` });
  t.is(response.headers.get('X-Test'), 'yes');
  t.is(response.bytes.toString(), 'body');
  t.like(a.requests[0]?.headers, { 'user-agent': 'tsbuild/1', 'accept-encoding': 'identity' });
});

test('Authorization and cookies go to the same origin only: another port is another origin, and there is no way back', async (t) => {
  const [a, b] = [await startRegistry(t), await startRegistry(t)];
  a.on(/^\/same$/, redirectTo(''), { times: 1 });
  a.on(/^\/start$/, (_, response) => response.writeHead(302, { location: '/same' }).end());
  a.on(/^\/same$/, (_, response) => response.writeHead(302, { location: `${b.origin}/away` }).end());
  b.on(/^\/away$/, (_, response) => response.writeHead(302, { location: `${a.origin}/back` }).end());
  a.on(/^\/back$/, answer(200, {}, 'ok'));
  const { transport } = makeTransport(t);
  await transport.fetchDocument(`${a.origin}/start`, {
    ...MAX,
    headers: { Authorization: 'Basic secret', cookie: 'c=1', range: 'bytes=1-' },
  });
  t.deepEqual(
    a.requests.map(({ url, headers }) => [url, headers.authorization, headers.cookie]),
    [
      ['/start', 'Basic secret', 'c=1'],
      ['/same', 'Basic secret', 'c=1'],
      ['/same', 'Basic secret', 'c=1'],
      ['/back', undefined, undefined],
    ],
  );
  t.like(b.requests[0]?.headers, { authorization: undefined, cookie: undefined, range: 'bytes=1-' });
});

for (const target of [
  'http://169.254.169.254/latest/meta-data',
  'http://[fe80::1]/',
  'http://metadata.google.internal/x',
  'http://2852039166/',
]) {
  test(`a redirect to ${target} is refused without a request`, async (t) => {
    const registry = await startRegistry(t);
    registry.on(/./, answer(302, { location: target }));
    const { transport } = makeTransport(t, { proxyFor: () => 'http://127.0.0.1:9' });
    const error = await t.throwsAsync(transport.request(`${registry.origin}/x?token=geheim`), {
      message: /link-local or metadata address: refused/,
    });
    t.like(error, { code: 'REGISTRY_PROTOCOL' });
    t.false(error?.message.includes('geheim'));
  });
}

test('a redirect never leads from https to http', async (t) => {
  const [secure, plain] = [await startRegistry(t, { isTls: true }), await startRegistry(t)];
  secure.on(/./, redirectTo(plain.origin));
  const { transport } = makeTransport(t, { insecureHosts: [secure.host] });
  await t.throwsAsync(transport.request(`${secure.origin}/x`), { message: /from https to plain http/ });
  t.is(plain.requests.length, 0);
});

test('a redirect to another scheme or to no URL is refused', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/^\/file/, answer(302, { location: 'file:///etc/passwd' }));
  registry.on(/^\/bad/, answer(302, { location: 'http://[' }));
  const { transport } = makeTransport(t);
  await t.throwsAsync(transport.request(`${registry.origin}/file`), { message: /not an http or https URL/ });
  await t.throwsAsync(transport.request(`${registry.origin}/bad`), { message: /not a URL/ });
});

test('five redirects are followed, six are not', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/^\/\d$/, (request, response) => {
    const left = Number(request.url?.slice(1));
    response.writeHead(left === 0 ? 200 : 302, { location: `/${left - 1}` }).end();
  });
  const { transport } = makeTransport(t);
  t.is((await transport.fetchDocument(`${registry.origin}/5`, MAX)).status, 200);
  await t.throwsAsync(transport.request(`${registry.origin}/6`), { message: /more than 5 redirects/ });
});

test('a body over the limit is cut off: announced, endless, compressed beyond belief', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/^\/endless/, endless());
  registry.on(/^\/announced/, stall({ 'content-length': '8000000000' }));
  const { transport } = makeTransport(t);
  for (const path of ['endless', 'announced']) {
    const error = await t.throwsAsync(transport.fetchDocument(`${registry.origin}/${path}`, MAX), {
      message: /longer than 1000 bytes/,
    });
    t.like(error, { code: 'REGISTRY_PROTOCOL' });
  }
  t.is(registry.requests.length, 2);
});

test('silence is noticed in the headers and in the body, and tried again', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/^\/headers/, () => undefined, { times: 1 });
  registry.on(/^\/body/, stall({ 'content-length': '10' }, 'abc'), { times: 1 });
  registry.on(/./, answer(200, {}, 'whole'));
  const { transport, pauses } = makeTransport(t, { idleTimeoutMs: 1000 });
  t.is((await transport.fetchDocument(`${registry.origin}/headers`, MAX)).bytes.toString(), 'whole');
  t.is((await transport.fetchDocument(`${registry.origin}/body`, MAX)).bytes.toString(), 'whole');
  t.is(pauses.length, 2);
  t.is(registry.requests.length, 4);
});

test('a host that says nothing is spoken of once, and given up when patience ends', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/./, () => undefined);
  const silent: string[] = [];
  const { transport, pauses } = makeTransport(t, {
    idleTimeoutMs: 1200,
    patienceMs: 3000,
    noticeMs: 300,
    onSilence: (host) => silent.push(host),
  });
  const error = await t.throwsAsync(transport.fetchDocument(`${registry.origin}/x`, MAX), {
    message: /no answer for 3 s$/,
  });
  t.like(error, {
    code: 'REGISTRY_UNREACHABLE',
    hint: `check that ${registry.host} is up, and this machine's network and proxy`,
  });
  t.is(registry.requests.length, 3);
  t.is(pauses.length, 2);
  t.deepEqual(silent, [registry.host]);
});

test('a slow reader is not taken for a silent server', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/./, answer(200, {}, 'x'.repeat(1_000_000)));
  const { transport } = makeTransport(t, { idleTimeoutMs: 500 });
  const response = await transport.request(`${registry.origin}/x`);
  let length = 0;
  for await (const chunk of response.body) {
    if (length === 0) await new Promise((resolve) => setTimeout(resolve, 1200));
    length += chunk.length;
  }
  t.is(length, 1_000_000);
});

test('broken connections and passing statuses are tried again, with growing pauses', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/./, reset, { times: 1 });
  registry.on(/./, answer(503), { times: 2 });
  registry.on(/./, answer(200, {}, 'ok'));
  const { transport, pauses } = makeTransport(t, { retry: { baseDelayMs: 100 } });
  t.is((await transport.fetchDocument(`${registry.origin}/`, MAX)).status, 200);
  t.is(registry.requests.length, 4);
  const [first = 0, second = 0, third = 0] = pauses;
  t.true(first >= 50 && first <= 100 && second >= 100 && second <= 200 && third >= 200 && third <= 400);
});

test('the last answer is given when the attempts are used up; 4xx and POST are not tried again', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/^\/503/, answer(503));
  registry.on(/^\/404/, answer(404));
  registry.on(/^\/reset/, reset);
  const { transport } = makeTransport(t, { retry: { attempts: 3 } });
  t.is((await transport.fetchDocument(`${registry.origin}/503`, MAX)).status, 503);
  t.is(registry.requests.length, 3);
  t.is((await transport.fetchDocument(`${registry.origin}/404`, MAX)).status, 404);
  t.is(
    (await transport.fetchDocument(`${registry.origin}/503`, { ...MAX, method: 'POST', body: 'a=b' })).status,
    503,
  );
  t.is(registry.requests.length, 5);
  t.is(registry.requests[4]?.body, 'a=b');
  const error = await t.throwsAsync(transport.request(`${registry.origin}/reset?secret`), {
    message: /^GET .*\/reset: connection reset by peer$/,
  });
  t.like(error, { code: 'REGISTRY_UNREACHABLE' });
});

test('Retry-After is obeyed in seconds and as a date, and not when it asks for too much', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/^\/a/, answer(429, { 'retry-after': '7' }), { times: 1 });
  registry.on(/^\/a/, answer(503, { 'retry-after': new Date(1_000_030_000).toUTCString() }), { times: 1 });
  registry.on(/^\/b/, answer(429, { 'retry-after': '86400' }));
  registry.on(/^\/a/, answer(200));
  const { transport, pauses } = makeTransport(t);
  await transport.fetchDocument(`${registry.origin}/a`, MAX);
  const [seconds = 0, date = 0] = pauses;
  t.true(seconds >= 7000 && seconds <= 7700 && date >= 30_000 && date <= 33_000, String(pauses));
  t.is((await transport.fetchDocument(`${registry.origin}/b`, MAX)).status, 429);
  t.is(pauses.length, 2);
});

test('a refused connection and an unknown name fail at once, saying so', async (t) => {
  const registry = await startRegistry(t);
  await registry.close();
  const { transport, pauses } = makeTransport(t);
  await t.throwsAsync(transport.request(`${registry.origin}/x`), { message: /connection refused/ });
  await t.throwsAsync(transport.request('http://nosuchhost.invalid/'), {
    message: /nosuchhost\.invalid\/: (no such host|the name could not)/,
  });
  t.true(pauses.length <= 4);
});

test('the signal ends a request before, during and after the headers with ABORTED', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/^\/headers/, () => undefined);
  registry.on(/^\/body/, stall({ 'content-length': '10' }, 'abc'));
  const { transport } = makeTransport(t, { idleTimeoutMs: 60_000 });
  t.like(await t.throwsAsync(transport.request(`${registry.origin}/x`, { signal: AbortSignal.abort() })), {
    code: 'ABORTED',
  });
  for (const path of ['headers', 'body']) {
    const controller = new AbortController();
    const pending = transport.fetchDocument(`${registry.origin}/${path}`, {
      ...MAX,
      signal: controller.signal,
    });
    setTimeout(() => controller.abort(), 50);
    t.like(await t.throwsAsync(pending), { code: 'ABORTED' });
  }
});

test('connections are kept and used again, and closed by dispose', async (t) => {
  const sockets = new Set<Promise<unknown>>();
  const server = createServer((_, response) => response.setHeader('content-length', 2).end('ok'));
  server.on('connection', (socket) => {
    sockets.add(once(socket, 'close'));
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  const origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
  const { transport } = makeTransport(t);
  for (let i = 0; i < 5; i++)
    await transport.fetchDocument(`${origin}/${i}`, { ...MAX, method: i === 2 ? 'HEAD' : 'GET' });
  t.is(sockets.size, 1);
  transport.dispose();
  await Promise.all(sockets);
});

test('fetchUrl gives the body as a stream and sends user info of the URL to its origin only', async (t) => {
  const [a, b] = [await startRegistry(t), await startRegistry(t)];
  a.on(/./, redirectTo(b.origin));
  b.on(/./, answer(200, {}, 'file'));
  const { transport } = makeTransport(t);
  const response = await transport.fetchUrl(`http://u:p%40@${a.host}/f`, {
    headers: { 'if-none-match': '"e"' },
  });
  t.is((await collect(response.body)).toString(), 'file');
  t.is(a.requests[0]?.headers.authorization, `Basic ${Buffer.from('u:p@').toString('base64')}`);
  t.is(b.requests[0]?.headers.authorization, undefined);
  t.is(b.requests[0]?.headers['if-none-match'], '"e"');
  await t.throwsAsync(async () => transport.fetchUrl('file:///etc/passwd'), {
    message: /not an http or https URL/,
  });
});
