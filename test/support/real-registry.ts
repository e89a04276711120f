// Debian's docker-registry as a process on a free loopback port, with a folder of its own; for tests that want a
// registry nobody here wrote.
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { connect, createServer, type AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join, resolve } from 'node:path';
import { setTimeout as delay } from 'node:timers/promises';
import { TOKEN_ROOTS, TOKEN_SERVICE } from './token-server.js';

export interface RealRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** `http://127.0.0.1:port`, or `https:` */
  readonly origin: string;
  /** `user:password` when it wants them. */
  readonly login?: string;
  stop(): Promise<void>;
}

const LOGIN = 'testuser:testpass';
const HTPASSWD = 'testuser:$2y$05$GyQpolRn2Ac6qG/dxjaMO.gnQrlGW8D3z7vMCuSTYOj8NGGyFRqAG\n';
const START_ATTEMPTS = 100;

async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1');
  await once(server, 'listening');
  const { port } = server.address() as AddressInfo;
  server.close();
  await once(server, 'close');
  return port;
}

export interface RealRegistryOptions {
  /** A password file. */
  readonly hasAuth?: boolean;
  /** A token server instead of it. */
  readonly tokens?: { readonly realm: string; readonly issuer: string } | undefined;
  /** With the certificate of test/support/tls. */
  readonly isTls?: boolean;
}

function configOf(
  folder: string,
  port: number,
  { hasAuth = false, tokens, isTls = false }: RealRegistryOptions,
): string {
  const basic = `auth:\n  htpasswd: {realm: test, path: ${folder}/htpasswd}\n`;
  const token = `auth:\n  token: {realm: '${tokens?.realm}', service: ${TOKEN_SERVICE}, issuer: ${tokens?.issuer}, rootcertbundle: ${resolve(TOKEN_ROOTS)}}\n`;
  const pair = {
    certificate: resolve('test/support/tls/server.crt'),
    key: resolve('test/support/tls/server.key'),
  };
  const tls = isTls ? `, tls: {certificate: ${pair.certificate}, key: ${pair.key}}` : '';
  return `version: 0.1
log: {level: error}
storage: {filesystem: {rootdirectory: ${folder}/data}, delete: {enabled: true}}
http: {addr: "127.0.0.1:${port}"${tls}}
${tokens ? token : hasAuth ? basic : ''}`;
}

function accepts(port: number): Promise<boolean> {
  return new Promise((settle) => {
    const socket = connect(port, '127.0.0.1');
    socket.once('connect', () => settle(true)).once('error', () => settle(false));
    socket.once('connect', () => socket.destroy());
  });
}

/** Starts one and waits until it answers. */
export async function startRealRegistry(options: RealRegistryOptions = {}): Promise<RealRegistry> {
  const folder = await mkdtemp(join(tmpdir(), 'real-registry-'));
  const port = await freePort();
  await writeFile(join(folder, 'config.yml'), configOf(folder, port, options));
  await writeFile(join(folder, 'htpasswd'), HTPASSWD);
  const child = spawn('docker-registry', ['serve', join(folder, 'config.yml')], { stdio: 'ignore' });
  const stop = async (): Promise<void> => {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await once(child, 'exit');
    }
    await rm(folder, { recursive: true, force: true });
  };
  const origin = `${options.isTls ? 'https' : 'http'}://127.0.0.1:${port}`;
  for (let attempt = 0; attempt < START_ATTEMPTS; attempt++) {
    if (await accepts(port))
      return { host: `127.0.0.1:${port}`, origin, stop, ...(options.hasAuth ? { login: LOGIN } : {}) };
    await delay(50);
  }
  await stop();
  throw new Error(`docker-registry does not answer on port ${port}`);
}

function headersOf(registry: RealRegistry, headers: Record<string, string>): Record<string, string> {
  if (registry.login === undefined) return headers;
  return { ...headers, authorization: `Basic ${Buffer.from(registry.login).toString('base64')}` };
}

async function send(
  registry: RealRegistry,
  method: string,
  url: string,
  headers: Record<string, string>,
  body: Buffer | null,
): Promise<Response> {
  const response = await fetch(url, { method, headers: headersOf(registry, headers), body });
  if (!response.ok) throw new Error(`${method} ${url}: ${response.status} ${await response.text()}`);
  return response;
}

async function pushBlob(
  registry: RealRegistry,
  repository: string,
  bytes: Buffer,
  digest: string,
): Promise<void> {
  const start = await send(registry, 'POST', `${registry.origin}/v2/${repository}/blobs/uploads/`, {}, null);
  const url = new URL(start.headers.get('location') ?? '', registry.origin);
  url.searchParams.set('digest', digest);
  await send(registry, 'PUT', url.href, { 'content-type': 'application/octet-stream' }, bytes);
}

/** Puts blobs (with their digests) and a document there, under a tag or a digest. */
export async function pushToRegistry(
  registry: RealRegistry,
  {
    repository,
    name,
    blobs,
    document,
    type,
  }: {
    readonly repository: string;
    readonly name: string;
    readonly blobs: ReadonlyMap<string, Buffer>;
    readonly document: Buffer;
    readonly type: string;
  },
): Promise<void> {
  for (const [digest, bytes] of blobs) await pushBlob(registry, repository, bytes, digest);
  await send(
    registry,
    'PUT',
    `${registry.origin}/v2/${repository}/manifests/${name}`,
    { 'content-type': type },
    document,
  );
}
