// Stands before a registry and counts: what was asked, and how many bytes of blobs went up and down.
import type { ExecutionContext } from 'ava';
import { once } from 'node:events';
import { createServer, request as askUpstream, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { startRealRegistry } from './real-registry.js';

export interface CountedRequest {
  readonly method: string;
  /** Without the query. */
  readonly path: string;
  readonly query: string;
  status: number;
  up: number;
  down: number;
}

export interface CountedRegistry {
  /** `127.0.0.1:port` */
  readonly host: string;
  /** Since the start, or the last `forget`. */
  readonly requests: readonly CountedRequest[];
  /** Bytes of blobs: those that uploads sent, and those that were got. */
  bytes(): { readonly up: number; readonly down: number };
  forget(): void;
}

/** Debian's docker-registry behind the proxy. Stopped after the test. */
export async function startCountedRegistry(t: ExecutionContext): Promise<CountedRegistry> {
  const registry = await startRealRegistry();
  const requests: CountedRequest[] = [];
  const server = createServer((request, response) => pass(request, response, registry.host, requests));
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  t.teardown(async () => {
    server.closeAllConnections();
    server.close();
    await registry.stop();
  });
  return {
    host: `127.0.0.1:${(server.address() as AddressInfo).port}`,
    requests,
    bytes: () => ({
      up: sum(requests.map(({ up, path }) => (path.includes('/blobs/') ? up : 0))),
      down: sum(requests.map(({ down, path }) => (path.includes('/blobs/') ? down : 0))),
    }),
    forget: () => void (requests.length = 0),
  };
}

function pass(
  request: IncomingMessage,
  response: ServerResponse,
  upstream: string,
  requests: CountedRequest[],
): void {
  const { pathname, search } = new URL(request.url ?? '/', 'http://registry');
  const { method = 'GET', headers } = request;
  const counted: CountedRequest = { method, path: pathname, query: search, status: 0, up: 0, down: 0 };
  requests.push(counted);
  const [host, port] = upstream.split(':');
  // The host of the client stays in the headers: addresses in answers lead back here.
  const asked = askUpstream({ host, port, method, path: request.url, headers }, (answer) => {
    counted.status = answer.statusCode ?? 0;
    response.writeHead(counted.status, answer.headers);
    answer.on('data', (chunk: Buffer) => {
      if (method !== 'HEAD' && counted.status === 200) counted.down += chunk.length;
    });
    answer.pipe(response);
  });
  asked.on('error', () => response.destroy());
  request.on('data', (chunk: Buffer) => (counted.up += chunk.length));
  request.pipe(asked);
}

function sum(numbers: readonly number[]): number {
  return numbers.reduce((total, each) => total + each, 0);
}
