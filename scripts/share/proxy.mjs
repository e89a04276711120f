// A proxy in front of a registry that counts what passes and, where it is told to, behaves as networks and registries do:
// bodies break, stall or crawl, requests are turned away, tokens run out.
import { once } from 'node:events';
import { createServer, request as forward } from 'node:http';
import { setTimeout as sleep } from 'node:timers/promises';

const STEP = 64 << 10;

/**
 * Gives { host, log, setRule, stop }. Each request is a row of the log: method, url, length (of its body, as it says), up and down (bytes of the bodies), status,
 * began and ended (seconds of performance.now).
 *
 * A rule gets the row and gives undefined or one of:
 * - { breakAfter: BYTES }: the connection ends when that many bytes of the body have come
 * - { stallAfter: BYTES }: nothing more is read
 * - { bytesPerSecond: N }: the body is read at that speed
 * - { status, headers }: the answer, without asking the registry
 */
export async function startProxy(port, { tokenSeconds } = {}) {
  const log = [];
  const sockets = new Set();
  let rule = () => undefined;
  const tokens = tokenSeconds === undefined ? undefined : createTokens(tokenSeconds);
  const server = createServer((request, response) => {
    const row = {
      method: request.method,
      url: request.url,
      length: Number(request.headers['content-length'] ?? 0),
      up: 0,
      down: 0,
      status: 0,
      began: seconds(),
      ended: 0,
    };
    response.on('close', () => (row.ended = seconds()));
    request.on('error', () => undefined);
    response.on('error', () => undefined);
    const isToken = tokens?.serve(request, response, `http://${host}`) === true;
    if (isToken) return;
    log.push(row);
    const turnedAway = tokens?.refuse(request, `http://${host}`);
    const fault = turnedAway ?? rule(row) ?? {};
    if (fault.status !== undefined) {
      row.status = fault.status;
      response.writeHead(fault.status, { connection: 'close', ...fault.headers });
      response.end(JSON.stringify({ errors: [{ code: 'DENIED', message: 'turned away' }] }));
      return;
    }
    pass({ request, response, port, row, fault });
  });
  server.on('connection', (socket) => {
    sockets.add(socket);
    socket.on('close', () => sockets.delete(socket));
    socket.on('error', () => undefined);
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const host = `127.0.0.1:${server.address().port}`;
  return {
    host,
    log,
    setRule: (next) => (rule = next),
    stop: () => {
      for (const socket of sockets) socket.destroy();
      server.close();
    },
  };
}

function seconds() {
  return performance.now() / 1000;
}

/** The Host header stays, so that the registry gives locations of the proxy. */
function pass({ request, response, port, row, fault }) {
  const { authorization: _, ...headers } = request.headers;
  const upstream = forward(
    { host: '127.0.0.1', port, method: request.method, path: request.url, headers },
    (answer) => {
      row.status = answer.statusCode;
      response.writeHead(answer.statusCode, answer.headers);
      answer.on('data', (chunk) => (row.down += chunk.length));
      answer.on('error', () => response.destroy());
      answer.pipe(response);
    },
  );
  upstream.on('error', () => response.destroy());
  request.on('close', () => {
    if (!request.complete) upstream.destroy();
  });
  void passBody({ request, upstream, row, fault }).catch(() => upstream.destroy());
}

async function passBody({ request, upstream, row, fault }) {
  const { breakAfter = Infinity, stallAfter = Infinity, bytesPerSecond } = fault;
  for await (const chunk of request)
    for (let at = 0; at < chunk.length; at += STEP) {
      const part = chunk.subarray(at, at + STEP);
      row.up += part.length;
      if (row.up > breakAfter) {
        request.socket.destroy();
        upstream.destroy();
        return;
      }
      if (row.up > stallAfter) {
        row.stalled = seconds();
        await once(request.socket, 'close');
        return;
      }
      if (bytesPerSecond !== undefined) await sleep((part.length / bytesPerSecond) * 1000);
      if (!upstream.write(part)) await once(upstream, 'drain');
    }
  upstream.end();
}

/** Bearer tokens of one realm; looked at when a request begins, as registries do. */
function createTokens(life) {
  const issued = new Map();
  return {
    issued,
    serve(request, response, origin) {
      const url = new URL(request.url, origin);
      if (url.pathname !== '/token') return false;
      const token = `t${issued.size}`;
      issued.set(token, seconds());
      response.writeHead(200, { 'content-type': 'application/json' });
      response.end(
        JSON.stringify({ token, expires_in: life, issued_at: new Date(Date.now()).toISOString() }),
      );
      return true;
    },
    refuse(request, origin) {
      const token = /^Bearer (.*)$/.exec(request.headers.authorization ?? '')?.[1];
      const since = issued.get(token);
      if (since !== undefined && seconds() - since <= life) return undefined;
      const repository = /^\/v2\/(.+)\/(?:blobs|manifests|tags)\//.exec(request.url)?.[1];
      const scope = repository === undefined ? '' : `,scope="repository:${repository}:pull,push"`;
      return {
        status: 401,
        headers: { 'www-authenticate': `Bearer realm="${origin}/token",service="proxy"${scope}` },
      };
    },
  };
}
