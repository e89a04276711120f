// A small registry in this process whose answers a test can bend: every request is recorded, any route can be given a
// behaviour.
import { createHash } from 'node:crypto';
import { createServer, type IncomingMessage, type Server, type ServerResponse } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import type { AddressInfo, Socket } from 'node:net';
import { readFileSync } from 'node:fs';

export interface SeenRequest {
  readonly method: string;
  /** Path and query. */
  readonly url: string;
  readonly headers: IncomingMessage['headers'];
  body: string;
}

/** Answers a request; `next` is the answer the registry would give without it. */
export type Behaviour = (request: IncomingMessage, response: ServerResponse, next: () => void) => void;

export interface BehaviourOptions {
  readonly method?: string;
  /** How often it applies; default for ever. */
  readonly times?: number;
}

export interface FakeRegistry {
  /** `http://127.0.0.1:port` */
  readonly origin: string;
  /** `127.0.0.1:port`, the domain of references. */
  readonly host: string;
  readonly requests: SeenRequest[];
  /** Behaviours are tried in the order given. */
  on(path: RegExp, behaviour: Behaviour, options?: BehaviourOptions): void;
  putBlob(bytes: Uint8Array): string;
  /** Under its digest and, when given, a tag. Gives the digest. */
  putManifest(
    repository: string,
    document: object,
    options: { readonly type: string; readonly tag?: string },
  ): string;
  close(): Promise<void>;
}

interface Rule extends BehaviourOptions {
  readonly path: RegExp;
  readonly behaviour: Behaviour;
  used: number;
}

interface Stored {
  readonly bytes: Buffer;
  readonly type: string;
}

export function sha256(bytes: Uint8Array): string {
  return `sha256:${createHash('sha256').update(bytes).digest('hex')}`;
}

function rangeStart(request: IncomingMessage): number {
  return Number(/^bytes=(\d+)-$/.exec(request.headers.range ?? '')?.[1] ?? 0);
}

function sendStored(request: IncomingMessage, response: ServerResponse, { bytes, type }: Stored): void {
  const start = rangeStart(request);
  const part = bytes.subarray(start);
  const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
  response.writeHead(start === 0 ? 200 : 206, {
    'content-type': type,
    'content-length': part.length,
    'docker-content-digest': sha256(bytes),
    ...(start === 0 ? {} : { 'content-range': range }),
  });
  response.end(request.method === 'HEAD' ? undefined : part);
}

function sendMissing(response: ServerResponse): void {
  response.writeHead(404, { 'content-type': 'application/json' });
  response.end(JSON.stringify({ errors: [{ code: 'MANIFEST_UNKNOWN', message: 'manifest unknown' }] }));
}

function listen(server: Server): Promise<number> {
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () => resolve((server.address() as AddressInfo).port));
  });
}

/** Starts one on a free loopback port; `isTls` uses the certificate of test/support/tls. */
export async function startFakeRegistry({
  isTls = false,
}: { readonly isTls?: boolean } = {}): Promise<FakeRegistry> {
  const contents = new Map<string, Stored>();
  const requests: SeenRequest[] = [];
  const rules: Rule[] = [];
  const sockets = new Set<Socket>();

  const findRule = ({ url = '', method }: IncomingMessage): Rule | undefined =>
    rules.find(
      (rule) =>
        rule.path.test(url) && (rule.method ?? method) === method && rule.used < (rule.times ?? Infinity),
    );
  const serve = (request: IncomingMessage, response: ServerResponse): void => {
    const path = new URL(request.url ?? '/', 'http://x').pathname;
    const found = contents.get(path) ?? contents.get(path.replace(/^.*\/blobs\//, 'blob '));
    if (found) return sendStored(request, response, found);
    if (path === '/v2/') return void response.end('{}');
    sendMissing(response);
  };
  const handle = (request: IncomingMessage, response: ServerResponse): void => {
    const { method = '', url = '', headers } = request;
    const seen: SeenRequest = { method, url, headers, body: '' };
    requests.push(seen);
    request.setEncoding('utf8').on('data', (text: string) => (seen.body += text));
    request.on('end', () => {
      const rule = findRule(request);
      if (!rule) return serve(request, response);
      rule.used += 1;
      rule.behaviour(request, response, () => serve(request, response));
    });
  };
  const server = isTls
    ? createTlsServer(
        {
          key: readFileSync('test/support/tls/server.key'),
          cert: readFileSync('test/support/tls/server.crt'),
        },
        handle,
      )
    : createServer(handle);
  server.on('connection', (socket: Socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  const port = await listen(server);

  return {
    origin: `${isTls ? 'https' : 'http'}://127.0.0.1:${port}`,
    host: `127.0.0.1:${port}`,
    requests,
    on: (path, behaviour, options = {}) => void rules.push({ path, behaviour, used: 0, ...options }),
    putBlob(bytes) {
      const digest = sha256(bytes);
      contents.set(`blob ${digest}`, { bytes: Buffer.from(bytes), type: 'application/octet-stream' });
      return digest;
    },
    putManifest(repository, document, { type, tag }) {
      const bytes = Buffer.from(JSON.stringify(document));
      const digest = sha256(bytes);
      for (const name of [digest, tag]) {
        if (name !== undefined) contents.set(`/v2/${repository}/manifests/${name}`, { bytes, type });
      }
      return digest;
    },
    close() {
      for (const socket of sockets) socket.destroy();
      return new Promise((resolve) => server.close(() => resolve()));
    },
  };
}

/** Answers with this. */
export function answer(
  status: number,
  headers: Record<string, string> = {},
  body: string | object = '',
): Behaviour {
  return (_, response) => {
    response.writeHead(status, headers);
    response.end(typeof body === 'string' ? body : JSON.stringify(body));
  };
}

/** A 307 to the same path at another origin. */
export function redirectTo(origin: string): Behaviour {
  return (request, response) => {
    response.writeHead(307, { location: origin + (request.url ?? '') });
    response.end();
  };
}

/** Closes the connection without an answer. */
export const reset: Behaviour = (request) => void request.socket.destroy();

/** Sends a body that never ends, as long as the other side reads. */
export function endless(headers: Record<string, string> = {}): Behaviour {
  return (_, response) => {
    response.writeHead(200, headers);
    const chunk = Buffer.alloc(64 * 1024, 0x20);
    const send = (): void => {
      while (!response.destroyed && response.write(chunk));
      if (!response.destroyed) response.once('drain', send);
    };
    send();
  };
}

/** Sends headers or the first bytes, then falls silent with the connection open. */
export function stall(headers: Record<string, string>, start = ''): Behaviour {
  return (_, response) => {
    response.writeHead(200, headers);
    response.flushHeaders();
    if (start !== '') response.write(start);
  };
}

/** Sends a byte now and then, and never ends. */
export function drip(size: number): Behaviour {
  return (request, response) => {
    const start = rangeStart(request);
    const range = start === 0 ? {} : { 'content-range': `bytes ${start}-${size - 1}/${size}` };
    response.writeHead(start === 0 ? 200 : 206, { 'content-length': size - start, ...range });
    const timer = setInterval(() => response.write('x'), 50);
    response.on('close', () => clearInterval(timer));
  };
}

/** Sends only `count` bytes from the asked position on, as if they were all. */
export function cutShort(bytes: Uint8Array, count: number): Behaviour {
  return (request, response) => {
    const start = rangeStart(request);
    const part = bytes.subarray(start, start + count);
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': part.length,
      ...(start === 0 ? {} : { 'content-range': range }),
    });
    response.end(part);
  };
}

/**
 * Promises `bytes` from the asked position on, sends only `count` of them and breaks the connection; how many arrive is
 * the network's choice.
 */
export function breakAfter(bytes: Uint8Array, count: number): Behaviour {
  return (request, response) => {
    const start = rangeStart(request);
    const range = `bytes ${start}-${bytes.length - 1}/${bytes.length}`;
    response.writeHead(start === 0 ? 200 : 206, {
      'content-length': bytes.length - start,
      ...(start === 0 ? {} : { 'content-range': range }),
    });
    response.write(bytes.subarray(start, start + count), () =>
      setTimeout(() => request.socket.destroy(), 10),
    );
  };
}
