import test, { type ExecutionContext } from 'ava';
import { copyFile, mkdir, mkdtemp } from 'node:fs/promises';
import { createServer, request as httpRequest, type IncomingMessage } from 'node:http';
import { connect, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { FakeRegistry } from '../../support/fake-registry.js';
import { makeTransport } from '../../support/registry-client.js';
import { startRegistry } from '../../support/registry-for-test.js';

const MAX = { maxBytes: 1000 };

test('TLS: an unknown authority is refused with a hint; NODE_EXTRA_CA_CERTS, SSL_CERT_FILE and certs.d name it', async (t) => {
  const registry = await startRegistry(t, { isTls: true });
  const folder = await mkdtemp(join(tmpdir(), 'certs-'));
  await mkdir(join(folder, registry.host));
  await copyFile('test/support/tls/ca.crt', join(folder, registry.host, 'ca.crt'));
  const status = async (options: Parameters<typeof makeTransport>[1]): Promise<number> =>
    (await makeTransport(t, options).transport.fetchDocument(`${registry.origin}/v2/`, MAX)).status;
  const error = await t.throwsAsync(status({}));
  t.like(error, { code: 'REGISTRY_UNREACHABLE' });
  t.regex(String(error && 'hint' in error && error.hint), /NODE_EXTRA_CA_CERTS.*TSBUILD_INSECURE_REGISTRIES/);
  t.is(await status({ env: { NODE_EXTRA_CA_CERTS: 'test/support/tls/ca.crt' } }), 200);
  t.is(
    await status({ env: { SSL_CERT_FILE: 'test/support/tls/ca.crt', NODE_EXTRA_CA_CERTS: '/nowhere' } }),
    200,
  );
  t.is(await status({ certificateFolders: ['/nowhere', folder] }), 200);
  t.is(await status({ insecureHosts: [registry.host] }), 200);
  t.like(await t.throwsAsync(status({ env: { SSL_CERT_FILE: 'package.json' } })), {
    code: 'REGISTRY_UNREACHABLE',
  });
});

interface Proxy {
  readonly url: string;
  readonly seen: { readonly line: string; readonly authorization: string | undefined }[];
}

/** A proxy that sends everything to one port, whatever host is asked for. */
async function startProxy(t: ExecutionContext, port: number): Promise<Proxy> {
  const seen: Proxy['seen'] = [];
  const note = ({ method, url, headers }: IncomingMessage): void =>
    void seen.push({ line: `${method} ${url}`, authorization: headers['proxy-authorization'] });
  const server = createServer((request, response) => {
    note(request);
    const target = new URL(request.url ?? '');
    const path = target.pathname + target.search;
    httpRequest({ host: '127.0.0.1', port, path, headers: request.headers }, (from) => {
      response.writeHead(from.statusCode ?? 500, from.headers);
      from.pipe(response);
    }).end();
  });
  server.on('connect', (request, socket) => {
    note(request);
    const upstream = connect(port, '127.0.0.1', () => {
      socket.write('HTTP/1.1 200 OK\r\n\r\n');
      upstream.pipe(socket).pipe(upstream);
    });
    socket.on('error', () => upstream.destroy());
    upstream.on('error', () => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  t.teardown(() => server.close());
  return { url: `http://me:pw@127.0.0.1:${(server.address() as AddressInfo).port}`, seen };
}

const portOf = (registry: FakeRegistry): number => Number(new URL(registry.origin).port);
const PROXY_LOGIN = `Basic ${Buffer.from('me:pw').toString('base64')}`;

test("plain http goes to a proxy as a whole URL, with the proxy's credentials kept from the target", async (t) => {
  const registry = await startRegistry(t);
  const proxy = await startProxy(t, portOf(registry));
  const { transport } = makeTransport(t, { proxyFor: () => proxy.url });
  const response = await transport.fetchDocument('http://registry.test:81/v2/', MAX);
  t.is(response.status, 200);
  t.deepEqual(proxy.seen, [{ line: 'GET http://registry.test:81/v2/', authorization: PROXY_LOGIN }]);
  t.is(registry.requests[0]?.headers.host, 'registry.test:81');
});

test('https goes through a tunnel, with our authorities for the target', async (t) => {
  const registry = await startRegistry(t, { isTls: true });
  const proxy = await startProxy(t, portOf(registry));
  const { transport } = makeTransport(t, {
    proxyFor: () => proxy.url,
    env: { SSL_CERT_FILE: 'test/support/tls/ca.crt' },
  });
  t.is((await transport.fetchDocument('https://registry.test/v2/', MAX)).status, 200);
  t.is((await transport.fetchDocument('https://registry.test/v2/', MAX)).status, 200);
  t.deepEqual(proxy.seen, [{ line: 'CONNECT registry.test:443', authorization: PROXY_LOGIN }]);
  t.is(registry.requests[0]?.headers['proxy-authorization'], undefined);
  await t.throwsAsync(
    makeTransport(t, { proxyFor: () => proxy.url }).transport.request('https://registry.test/v2/'),
    { message: /^GET https:\/\/registry\.test\/v2\/: / },
  );
});

test('loopback is never reached through a proxy; a proxy that is no URL is named by its variables', async (t) => {
  const registry = await startRegistry(t);
  const { transport } = makeTransport(t, { proxyFor: () => 'http://127.0.0.1:9' });
  t.is((await transport.fetchDocument(`${registry.origin}/v2/`, MAX)).status, 200);
  const broken = makeTransport(t, { proxyFor: () => 'socks5://u:geheim@h' }).transport;
  const error = await t.throwsAsync(broken.request('http://registry.test/'));
  t.like(error, { code: 'OPTION_INVALID' });
  t.false(error?.message.includes('geheim'));
});
