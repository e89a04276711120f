// An image for several platforms into a container engine: one with a place for an index gets all of it, another
// nothing.
import test, { type ExecutionContext } from 'ava';
import { createServer } from 'node:http';
import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { parsePlatform, platformOfNode } from '../../../../src/oci/platform.js';
import type { BuildRequest } from '../../../../src/plan/request.js';
import { builder } from '../../../support/in-process-build.js';

/** Gives its address, and the archives that came. */
async function engine(t: ExecutionContext, info: string) {
  const bodies: Buffer[] = [];
  // The path of a socket is short.
  const folder = mkdtempSync(join(tmpdir(), 'eng-'));
  const server = createServer((request, response) => {
    const { url = '' } = request;
    if (url === '/_ping') return void response.setHeader('Api-Version', '1.44').end('OK');
    if (url.endsWith('/info')) return void response.end(info);
    if (!url.includes('/images/load')) return void response.writeHead(404).end('{"message":"no"}');
    const chunks: Buffer[] = [];
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      bodies.push(Buffer.concat(chunks));
      response.end('{"stream":"Loaded image: app:1\\n"}\r\n');
    });
  }).listen(join(folder, 's'));
  await once(server, 'listening');
  t.teardown(() => {
    server.closeAllConnections();
    server.close();
    rmSync(folder, { recursive: true, force: true });
  });
  return { bodies, env: { DOCKER_HOST: `unix://${join(folder, 's')}` } };
}

const local = platformOfNode('x64');
const REQUEST: Partial<BuildRequest> = {
  dockerfileText: 'FROM scratch\nARG TARGETARCH\nCOPY $TARGETARCH /f\n',
  platforms: ['amd64', 'arm64'].map((text) => parsePlatform(text, local)),
  tags: ['app:1'],
  outputs: [{ type: 'docker', engine: 'docker' }],
};
const FILES = { amd64: 'a', arm64: 'b' };

test("containerd's store gets an OCI archive with the index", async (t) => {
  const driver = '[["driver-type","io.containerd.snapshotter.v1"]]';
  const { bodies, env } = await engine(t, `{"ServerVersion":"29.0","DriverStatus":${driver}}`);
  const { build, write, events } = builder(t);
  write(FILES);
  const { digest } = await build(REQUEST, { env });
  const [body] = bodies;
  t.is(bodies.length, 1);
  t.true(body!.includes(`blobs/${digest!.replace(':', '/')}`));
  t.true(body!.includes('index.json'));
  t.false(body!.includes('manifest.json'));
  const notes = events.flatMap((event) => (event.kind === 'note' ? [event.message] : []));
  t.true(notes.some((note) => /^app:1 was loaded into docker 29\.0 .* with 2 platforms$/.test(note)));
});

test('another store has no place for it, and nothing is sent', async (t) => {
  const { bodies, env } = await engine(t, '{"ServerVersion":"20.10","DriverStatus":[]}');
  const { fail, write } = builder(t);
  write(FILES);
  const { code, message, hint } = await fail(REQUEST, { env });
  t.is(code, 'OPTION_UNSUPPORTED');
  t.is(message, 'docker exporter does not currently support exporting manifest lists');
  t.regex(hint!, /^docker 20\.10 .* keeps one platform: load one with --platform/);
  t.deepEqual(bodies, []);
});
