// The conversation with an engine, against one in process that behaves well or badly.
import test, { type ExecutionContext } from 'ava';
import fc from 'fast-check';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { once } from 'node:events';
import { chmodSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { chooseEngine } from '../../../../src/export/engine/choose-engine.js';
import { loadMessages, openEngineApi } from '../../../../src/export/engine/engine-api.js';
import type { ApiPlace } from '../../../../src/export/engine/engine-place.js';
import { loadByCommand } from '../../../../src/export/engine/load-by-command.js';
import { requestEngine } from '../../../../src/export/engine/socket-request.js';
import { TsbuildError } from '../../../../src/core/errors.js';
import { tempDir } from '../../../support/temp-store.js';

type Answer = (request: IncomingMessage, response: ServerResponse) => void;

async function engineThat(t: ExecutionContext, answer: Answer): Promise<ApiPlace> {
  const path = join(tempDir(t), 's');
  const server = createServer(answer).listen(path);
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
  });
  return { kind: 'socket', label: path, path };
}

const { signal } = new AbortController();

/** A buffer that is used again for each chunk, as the writer of archives does. */
async function* reused(chunks: number): AsyncGenerator<Buffer, void> {
  const buffer = Buffer.alloc(1 << 16);
  for (let i = 0; i < chunks; i++) yield buffer.fill(i);
}

const wellBehaved: (bodies: Buffer[]) => Answer = (bodies) => (request, response) => {
  const { url = '' } = request;
  if (url === '/_ping') response.setHeader('Api-Version', '1.44').end('OK');
  else if (url === '/v1.44/info')
    response.end('{"ServerVersion":"29.0","DriverStatus":[["driver-type","io.containerd.snapshotter.v1"]]}');
  else if (url === '/v1.44/images/docker.io/library/app:1/json')
    response.end('{"Id":"sha256:1","RootFS":{"Layers":["sha256:a"]}}');
  else if (url.startsWith('/v1.44/images/load')) {
    request.on('data', (chunk: Buffer) => bodies.push(Buffer.from(chunk)));
    request.on('end', () => response.end('{"stream":"Loaded image: app:1\\n"}\r\n'));
  } else response.writeHead(404).end('{"message":"no"}');
};

test('version, store, images and loading', async (t) => {
  const bodies: Buffer[] = [];
  const api = await openEngineApi(await engineThat(t, wellBehaved(bodies)), signal);
  t.regex(api.label, /^docker 29\.0 at /);
  t.true(api.isContainerdStore);
  t.deepEqual(await api.image('docker.io/library/app:1'), { id: 'sha256:1', layers: ['sha256:a'] });
  t.is(await api.image('none'), undefined);
  t.deepEqual(await api.load(reused(40)), ['Loaded image: app:1']);
  const body = Buffer.concat(bodies);
  t.is(body.length, 40 << 16);
  for (let i = 0; i < 40; i++) t.is(body[i << 16], i);
});

test('a failure with status 200 is a failure', (t) => {
  const failing = '{"stream":"x"}\n{"errorDetail":{"message":"no space"},"error":"no space"}\n';
  t.throws(() => loadMessages({ status: 200, text: failing }, 'docker'), {
    code: 'ENGINE_FAILED',
    message: 'docker could not load the image: no space',
  });
  t.throws(() => loadMessages({ status: 500, text: '{"message":"bad"}' }, 'docker'), { message: /: bad$/ });
  t.throws(() => loadMessages({ status: 500, text: '' }, 'docker'), { message: /: status 500$/ });
  t.deepEqual(loadMessages({ status: 200, text: '' }, 'docker'), []);
  fc.assert(
    fc.property(fc.string(), (text) => {
      try {
        loadMessages({ status: 200, text }, 'docker');
        return true;
      } catch (error) {
        return error instanceof TsbuildError;
      }
    }),
  );
});

test('an answer before the end of the body counts, and the body is not sent on', async (t) => {
  const place = await engineThat(t, (request, response) => {
    request.once('data', () => response.writeHead(500).end('{"message":"disk full"}'));
  });
  let sent = 0;
  async function* endless() {
    for (;;) yield Buffer.alloc(1 << 16, sent++);
  }
  const answer = await requestEngine(place, { method: 'POST', path: '/', body: endless(), signal });
  t.is(answer.status, 500);
  t.is(answer.text, '{"message":"disk full"}');
});

test('a body that fails fails the request with its own error', async (t) => {
  const place = await engineThat(t, (request) => request.resume());
  async function* failing() {
    yield Buffer.alloc(10);
    throw new TsbuildError('STORE_CORRUPT', 'damaged');
  }
  const request = requestEngine(place, { method: 'POST', path: '/', body: failing(), signal });
  await t.throwsAsync(request, { code: 'STORE_CORRUPT', message: 'damaged' });
});

test('nobody, a closed connection, silence, an abort', async (t) => {
  const ask = (place: ApiPlace, more = {}) =>
    requestEngine(place, { method: 'GET', path: '/_ping', signal, ...more });
  const missing = join(tempDir(t), 'none');
  t.like(await t.throwsAsync(ask({ kind: 'socket', label: 'x', path: missing })), {
    code: 'ENGINE_UNREACHABLE',
    message: 'x: no such socket',
  });
  const closing = await engineThat(t, (request) => request.socket.destroy());
  await t.throwsAsync(ask(closing), { code: 'ENGINE_FAILED', message: /closed the connection/ });
  const silent = await engineThat(t, () => undefined);
  await t.throwsAsync(ask(silent, { timeoutMs: 20 }), {
    code: 'ENGINE_UNREACHABLE',
    message: /does not answer/,
  });
  const controller = new AbortController();
  const aborted = ask(silent, { signal: controller.signal });
  controller.abort();
  await t.throwsAsync(aborted, { code: 'ABORTED' });
  const other = await engineThat(t, (_, response) => response.end('hello'));
  await t.throwsAsync(openEngineApi(other, signal), { message: /no container engine/ });
});

test('which engine is taken is said, and why the others are not', async (t) => {
  const HOME = tempDir(t);
  const place = await engineThat(t, wellBehaved([]));
  const path = place.kind === 'socket' ? place.path : '';
  const chosen = await chooseEngine({
    engine: undefined,
    env: { HOME, DOCKER_HOST: `unix://${path}` },
    signal,
  });
  t.is(chosen.kind, 'api');
  const nowhere = { HOME, DOCKER_HOST: `unix://${join(HOME, 'gone')}` };
  await t.throwsAsync(chooseEngine({ engine: undefined, env: nowhere, signal }), {
    code: 'ENGINE_UNREACHABLE',
    message: /gone \(DOCKER_HOST\): no such socket/,
  });
  const none = chooseEngine({ engine: 'docker', env: { HOME, XDG_RUNTIME_DIR: HOME }, signal });
  await none.then(
    // A machine may have docker.
    ({ kind }) => t.is(kind, 'api'),
    (error: TsbuildError) => {
      t.is(error.code, 'ENGINE_UNREACHABLE');
      t.regex(error.message, /\/var\/run\/docker\.sock: .*; .*docker\.sock: no such socket/);
      t.truthy(error.hint);
    },
  );
});

test('a command gets the archive on its standard input', async (t) => {
  const bin = tempDir(t);
  const script = (body: string): void => {
    writeFileSync(join(bin, 'podman'), `#!/bin/sh\n${body}\n`);
    chmodSync(join(bin, 'podman'), 0o755);
  };
  const env = { PATH: `${bin}:${process.env['PATH'] ?? ''}` };
  const place = { kind: 'command', label: 'podman load', program: 'podman', env: {} } as const;
  script('wc -c; echo "$1"');
  t.deepEqual(
    (await loadByCommand(place, reused(3), { env, signal })).map((line) => line.trim()),
    [String(3 << 16), 'load'],
  );
  script('echo "no space" >&2; exit 125');
  await t.throwsAsync(loadByCommand(place, reused(300), { env, signal }), {
    code: 'ENGINE_FAILED',
    message: 'podman load failed: no space',
  });
  async function* failing() {
    yield Buffer.alloc(10);
    throw new TsbuildError('STORE_CORRUPT', 'damaged');
  }
  script('cat');
  await t.throwsAsync(loadByCommand(place, failing(), { env, signal }), { code: 'STORE_CORRUPT' });
  const absent = loadByCommand({ ...place, program: 'nerdctl' }, reused(1), { env: { PATH: bin }, signal });
  await t.throwsAsync(absent, { code: 'ENGINE_UNREACHABLE', message: /nerdctl is not installed/ });
});
