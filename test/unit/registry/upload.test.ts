// Requests with a body: how they are sent, sent again and led on, and what ends them early.
import test from 'ava';
import { createHash, randomBytes } from 'node:crypto';
import { setTimeout as delay } from 'node:timers/promises';
import { isSilence, isTransientFailure } from '../../../src/registry/network-failure.js';
import { bodyOf, type RequestBody } from '../../../src/registry/upload-body.js';
import { answer, redirectTo } from '../../support/fake-registry.js';
import { bodyOfRequest, serveHttp } from '../../support/http-server.js';
import { makeTransport } from '../../support/registry-client.js';
import { startRegistry } from '../../support/registry-for-test.js';

const MAX = { maxBytes: 1000 };
const MEBIBYTE = 1 << 20;

/** Bytes in chunks of a size that is no multiple of anything; counts how often it is opened. */
function chunked(bytes: Buffer, size: number | undefined = bytes.length): RequestBody & { opened: number } {
  const body = {
    size,
    opened: 0,
    async *open() {
      body.opened += 1;
      for (let start = 0; start < bytes.length; start += 100_003)
        yield bytes.subarray(start, start + 100_003);
    },
  };
  return body;
}

/** A body that gives what it has and then waits until it is given up. */
function unending(size: number): RequestBody {
  return {
    size,
    async *open() {
      for (;;) yield Buffer.alloc(MEBIBYTE);
    },
  };
}

for (const method of ['PUT', 'PATCH', 'POST', 'DELETE'] as const) {
  test(`${method} carries a body with its length, or in chunks when the length is not known`, async (t) => {
    const seen: [string | undefined, string | undefined, string][] = [];
    const bytes = randomBytes(3 * MEBIBYTE + 17);
    const origin = await serveHttp(t, async (request, response) => {
      const { 'content-length': length, 'transfer-encoding': encoding } = request.headers;
      const hash = createHash('sha256').update(await bodyOfRequest(request));
      seen.push([length, encoding, hash.digest('hex')]);
      response.end();
    });
    const { transport } = makeTransport(t);
    for (const body of [chunked(bytes), { ...chunked(bytes), size: undefined }])
      t.is((await transport.fetchDocument(origin, { ...MAX, method, body })).status, 200);
    const digest = createHash('sha256').update(bytes).digest('hex');
    t.deepEqual(seen, [
      [String(bytes.length), undefined, digest],
      [undefined, 'chunked', digest],
    ]);
  });
}

test('an empty body and none at all have the length 0', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/./, answer(201));
  const { transport } = makeTransport(t);
  const empty = bodyOf(Buffer.alloc(0));
  for (const method of ['PUT', 'PATCH', 'POST'] as const) {
    await transport.fetchDocument(`${registry.origin}/x`, { ...MAX, method, body: empty });
    await transport.fetchDocument(`${registry.origin}/x`, { ...MAX, method });
  }
  t.true(registry.requests.every(({ headers }) => headers['content-length'] === '0'));
});

test('a body is made anew for each try of a request that is repeatable, and others are sent once', async (t) => {
  const registry = await startRegistry(t);
  registry.on(/./, answer(503), { times: 2 });
  registry.on(/./, answer(201), { times: 1 });
  registry.on(/./, answer(429, { 'retry-after': '1' }));
  const { transport, pauses } = makeTransport(t);
  const body = chunked(Buffer.from('body'));
  const asked = { ...MAX, method: 'PUT', body } as const;
  t.is((await transport.fetchDocument(`${registry.origin}/x`, { ...asked, isRepeatable: true })).status, 201);
  t.is(body.opened, 3);
  t.is(pauses.length, 2);
  t.is((await transport.fetchDocument(`${registry.origin}/x`, asked)).status, 429);
  t.is(registry.requests.length, 4);
  t.deepEqual(
    registry.requests.map((request) => request.body),
    ['body', 'body', 'body', 'body'],
  );
});

test('a connection that breaks in mid-body is a passing failure, told to the caller', async (t) => {
  let count = 0;
  const origin = await serveHttp(t, (request) => {
    count += 1;
    request.once('data', () => request.socket.destroy());
  });
  const { transport } = makeTransport(t);
  const error = await t.throwsAsync(
    transport.fetchDocument(`${origin}/x?state=geheim`, { ...MAX, method: 'PUT', body: unending(1e9) }),
  );
  t.true(isTransientFailure(error));
  t.like(error, { code: 'REGISTRY_UNREACHABLE' });
  t.regex(
    String(error),
    /PUT http:\/\/127\.0\.0\.1:\d+\/x: (connection reset by peer|the connection was closed)/,
  );
  t.is(count, 1);
});

for (const status of [307, 308]) {
  test(`a ${status} is followed with the body made anew, without Authorization at another origin`, async (t) => {
    const [a, b] = [await startRegistry(t), await startRegistry(t)];
    a.on(/./, answer(status, { location: `${b.origin}/there?sig=1` }));
    b.on(/./, answer(201));
    const { transport } = makeTransport(t);
    const body = chunked(Buffer.from('layer'));
    const headers = { authorization: 'Bearer t', 'content-type': 'application/octet-stream' };
    const response = await transport.fetchDocument(`${a.origin}/x`, { ...MAX, method: 'PUT', body, headers });
    t.like(response, { status: 201, url: `${b.origin}/there?sig=1` });
    t.like(a.requests[0], { method: 'PUT', body: 'layer', headers: { authorization: 'Bearer t' } });
    t.like(b.requests[0], { method: 'PUT', body: 'layer', headers: { 'content-length': '5' } });
    t.is(b.requests[0]?.headers.authorization, undefined);
    t.is(b.requests[0]?.headers['content-type'], 'application/octet-stream');
  });
}

test('a redirect that would make a GET of a write is the answer', async (t) => {
  const [a, b] = [await startRegistry(t), await startRegistry(t)];
  const { transport } = makeTransport(t);
  for (const status of [301, 302, 303]) {
    a.on(/./, answer(status, { location: b.origin }), { times: 3 });
    for (const method of ['PUT', 'POST', 'DELETE'] as const) {
      const body = method === 'PUT' ? { body: bodyOf(Buffer.from('x')) } : {};
      t.is((await transport.fetchDocument(`${a.origin}/x`, { ...MAX, method, ...body })).status, status);
    }
  }
  t.is(b.requests.length, 0);
});

test('a body of text stays at the place it was sent to: a form may hold a secret', async (t) => {
  const [a, b] = [await startRegistry(t), await startRegistry(t)];
  a.on(/./, redirectTo(b.origin));
  const { transport } = makeTransport(t);
  const response = await transport.fetchDocument(a.origin, { ...MAX, method: 'POST', body: 'a=b' });
  t.is(response.status, 307);
  t.is(b.requests.length, 0);
});

test('a server that reads slowly is not cut off, and neither is a source that gives slowly', async (t) => {
  const origin = await serveHttp(t, async (request, response) => {
    let length = 0;
    for await (const chunk of request) {
      length += (chunk as Buffer).length;
      await delay(10);
    }
    response.end(String(length));
  });
  const { transport } = makeTransport(t, { idleTimeoutMs: 2500 });
  const bytes = randomBytes(24 * MEBIBYTE);
  const slow: RequestBody = {
    size: 3,
    async *open() {
      for (const text of ['a', 'b', 'c']) {
        await delay(text === 'b' ? 3000 : 10);
        yield Buffer.from(text);
      }
    },
  };
  for (const body of [chunked(bytes), slow]) {
    const response = await transport.fetchDocument(origin, { ...MAX, method: 'PUT', body });
    t.is(response.bytes.toString(), String(body.size));
  }
});

test('a server that stops reading is noticed, and one that has read and says nothing', async (t) => {
  const origin = await serveHttp(t, (request) => {
    if (request.url === '/unread') request.pause();
    else request.resume();
  });
  const { transport } = makeTransport(t, { idleTimeoutMs: 500 });
  const stalled = await t.throwsAsync(
    transport.request(`${origin}/unread`, { method: 'PUT', body: unending(1e9) }),
    { message: /\/unread: the other side stopped reading the body$/ },
  );
  const silent = await t.throwsAsync(
    transport.request(`${origin}/read`, { method: 'PUT', body: bodyOf(Buffer.from('x')) }),
    { message: /\/read: no answer$/ },
  );
  for (const error of [stalled, silent]) t.true(isSilence(error) && isTransientFailure(error));
});

test('a registry may digest a large body before it answers, a document not longer than the limit of silence', async (t) => {
  const origin = await serveHttp(t, async (request, response) => {
    await bodyOfRequest(request);
    await delay(2500);
    response.end('ok');
  });
  const { transport } = makeTransport(t, { idleTimeoutMs: 1500, digestBytesPerSecond: MEBIBYTE / 2 });
  const asked = { ...MAX, method: 'PUT' } as const;
  const response = await transport.fetchDocument(origin, {
    ...asked,
    body: chunked(Buffer.alloc(3 * MEBIBYTE)),
  });
  t.is(response.bytes.toString(), 'ok');
  const error = await t.throwsAsync(
    transport.fetchDocument(origin, { ...asked, body: bodyOf(Buffer.from('x')) }),
  );
  t.true(isSilence(error));
});

for (const [status, headers] of [
  [401, { 'www-authenticate': 'Bearer realm="r"' }],
  [413, {}],
  [307, { location: 'http://169.254.169.254/' }],
] as const) {
  test(`an answer ${status} that comes before the body is read wins, though the connection closes`, async (t) => {
    const origin = await serveHttp(t, (request, response) => {
      const answerNow = (): void => {
        const body = JSON.stringify({ errors: [{ code: 'TOO_BIG', message: 'no' }] });
        response.writeHead(status, { ...headers, connection: 'close', 'content-length': body.length });
        response.end(body, () => request.socket.destroy());
      };
      if (request.url === '/at-once') answerNow();
      else request.once('data', answerNow);
    });
    const { transport } = makeTransport(t);
    for (const path of ['at-once', 'in-mid-body']) {
      for (let round = 0; round < 20; round++) {
        const asked = transport.fetchDocument(`${origin}/${path}`, {
          ...MAX,
          method: 'PUT',
          body: unending(1e9),
        });
        if (status === 307) {
          await t.throwsAsync(asked, { message: /link-local or metadata address: refused/ });
          continue;
        }
        const response = await asked;
        t.is(response.status, status);
        t.regex(response.bytes.toString(), /TOO_BIG/);
      }
    }
  });
}

test('a connection on which a body was cut short is not used again', async (t) => {
  const sockets = new Set<unknown>();
  const origin = await serveHttp(t, (request, response) => {
    sockets.add(request.socket);
    if (request.method === 'GET') return void response.end('ok');
    response.writeHead(401, { 'content-length': 0 }).end();
    request.resume();
  });
  const { transport } = makeTransport(t);
  t.is((await transport.fetchDocument(origin, MAX)).status, 200);
  t.is((await transport.fetchDocument(origin, { ...MAX, method: 'PUT', body: unending(1e9) })).status, 401);
  t.is((await transport.fetchDocument(origin, MAX)).bytes.toString(), 'ok');
  t.is(sockets.size, 2);
});

test('a source that fails, ends early or has too much ends the request with its own failure', async (t) => {
  const origin = await serveHttp(t, (request, response) => {
    request.on('error', () => undefined).resume();
    request.on('end', () => response.end());
  });
  const { transport } = makeTransport(t);
  const failing: RequestBody = {
    size: 10,
    async *open() {
      yield Buffer.from('abc');
      throw new TypeError('the disk is gone');
    },
  };
  const asked = { method: 'PUT' } as const;
  await t.throwsAsync(transport.request(origin, { ...asked, body: failing }), {
    instanceOf: TypeError,
    message: 'the disk is gone',
  });
  for (const [size, words] of [
    [9, /was to have 9 bytes and has 5$/],
    [4, /was to have 4 bytes and has more$/],
  ] as const) {
    const body = chunked(Buffer.from('bytes'), size);
    const error = await t.throwsAsync(transport.request(origin, { ...asked, body }), { message: words });
    t.like(error, { code: 'STORE_CORRUPT' });
  }
});

test('the signal ends an upload, and its source is closed', async (t) => {
  const origin = await serveHttp(t, (request) => void request.pause());
  const { transport } = makeTransport(t, { idleTimeoutMs: 60_000 });
  const controller = new AbortController();
  let close!: () => void;
  const closed = new Promise<void>((resolve) => (close = resolve));
  const body: RequestBody = {
    size: 1e9,
    async *open() {
      try {
        for (;;) yield Buffer.alloc(MEBIBYTE);
      } finally {
        close();
      }
    },
  };
  const pending = transport.request(origin, { method: 'PUT', body, signal: controller.signal });
  setTimeout(() => controller.abort(), 100);
  t.like(await t.throwsAsync(pending), { code: 'ABORTED' });
  await t.notThrowsAsync(closed);
});

test('bodies of layers leave connections to small requests, and each way to the other', async (t) => {
  let isOpen = false;
  const waiting: (() => void)[] = [];
  const origin = await serveHttp(t, (request, response) => {
    if (request.url === '/small') return void request.resume().on('end', () => response.end('small'));
    response.writeHead(200, { 'content-length': 5 });
    response.write('a');
    request.resume();
    const finish = (): void => void response.end('bcde');
    if (isOpen) finish();
    else waiting.push(finish);
  });
  const { transport } = makeTransport(t, { maxSockets: 2 });
  const reads = Array.from({ length: 5 }, async (_, index) => {
    const response = await transport.request(`${origin}/layer/${index}`);
    let text = '';
    for await (const chunk of response.body) text += chunk.toString();
    return text;
  });
  while (waiting.length < 2) await delay(5);
  const uploads = Array.from({ length: 5 }, () =>
    transport.fetchDocument(`${origin}/up`, { ...MAX, method: 'PUT', body: chunked(randomBytes(MEBIBYTE)) }),
  );
  while (waiting.length < 4) await delay(5);
  for (const method of ['GET', 'POST'] as const) {
    const response = await transport.fetchDocument(`${origin}/small`, { ...MAX, method });
    t.is(response.bytes.toString(), 'small');
  }
  t.is(waiting.length, 4);
  isOpen = true;
  for (const finish of waiting) finish();
  t.deepEqual(
    await Promise.all(reads),
    Array.from({ length: 5 }, () => 'abcde'),
  );
  t.is((await Promise.all(uploads)).length, 5);
});
