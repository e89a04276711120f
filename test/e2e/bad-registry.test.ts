// Base images that cannot be had: nobody listens, the name is unknown, the bytes are not those of the digest.
import test, { type ExecutionContext } from 'ava';
import { createServer, type RequestListener } from 'node:http';
import type { AddressInfo } from 'node:net';
import { storeState } from '../support/temp-store.js';
import { makeTinyImage } from '../support/tiny-image.js';
import { assertBuilt, workspace, type Workspace } from '../support/workspace.js';

const good = { 'good.txt': 'good' };

async function serve(t: ExecutionContext, listener: RequestListener): Promise<string> {
  const server = createServer(listener);
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => void server.close());
  return `127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function assertRefused(t: ExecutionContext, space: Workspace, says: readonly string[]): Promise<void> {
  assertBuilt(t, await space.build(['-f', '-'], { input: 'FROM scratch\nCOPY good.txt /\n' }));
  const before = await storeState(space.store);
  const run = await space.build([]);
  t.is(run.code, 6, run.stderr);
  for (const part of ['Dockerfile:1', ...says])
    t.true(run.stderr.includes(part), `${part} is missing in:\n${run.stderr}`);
  t.deepEqual(await storeState(space.store), before);
}

test('a registry that does not answer', async (t) => {
  const space = workspace(t, { ...good, Dockerfile: 'FROM 127.0.0.1:1/team/app:1\nCOPY good.txt /\n' });
  await assertRefused(t, space, ['127.0.0.1:1']);
});

test('an image that the registry does not have', async (t) => {
  const host = await serve(t, (request, response) => {
    const isPing = request.url === '/v2/';
    response.writeHead(isPing ? 200 : 404, { 'content-type': 'application/json' });
    response.end(isPing ? '{}' : '{"errors":[{"code":"MANIFEST_UNKNOWN","message":"manifest unknown"}]}');
  });
  const space = workspace(t, { ...good, Dockerfile: `FROM ${host}/team/app:1\nCOPY good.txt /\n` });
  await assertRefused(t, space, [`${host}/team/app:1`, 'not found']);
});

test('a manifest that is not what its digest says', async (t) => {
  const host = await serve(t, (request, response) => {
    response.writeHead(200, { 'content-type': 'application/vnd.oci.image.manifest.v1+json' });
    response.end(request.url === '/v2/' ? '{}' : '{"schemaVersion":2,"config":{},"layers":[]}');
  });
  const digest = `sha256:${'0'.repeat(64)}`;
  const space = workspace(t, { ...good, Dockerfile: `FROM ${host}/team/app@${digest}\nCOPY good.txt /\n` });
  await assertRefused(t, space, [digest]);
});

test('a layer that is not what its digest says', async (t) => {
  const image = makeTinyImage();
  const host = await serve(t, (request, response) => {
    const digest = /sha256:[0-9a-f]{64}$/.exec(request.url ?? '')?.[0];
    const isManifest = request.url?.includes('/manifests/') ?? false;
    const body = image.blobs.get(isManifest ? image.manifest.digest : (digest ?? '')) ?? Buffer.from('{}');
    // One bit of the layer is another.
    const sent = Buffer.from(body);
    if (digest === image.layer.digest)
      sent.writeUInt8(sent.readUInt8(sent.length - 20) ^ 1, sent.length - 20);
    response.writeHead(200, {
      'content-type': isManifest ? image.manifest.mediaType : 'application/octet-stream',
      'content-length': sent.length,
    });
    response.end(request.method === 'HEAD' ? undefined : sent);
  });
  const space = workspace(t, { ...good, Dockerfile: `FROM ${host}/tiny:1\nCOPY --chown=app good.txt /\n` });
  const run = await space.build([]);
  t.is(run.code, 6, run.stderr);
  t.true(run.stderr.includes(image.layer.digest), run.stderr);
  const state = await storeState(space.store);
  t.deepEqual(
    state.filter((line) => line.includes(image.layer.digest.slice('sha256:'.length))),
    [],
    'nothing of the bad layer is kept',
  );
});
