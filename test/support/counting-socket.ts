// A socket in front of another one that counts what goes through.
import type { ExecutionContext } from 'ava';
import { createServer, connect, type Socket } from 'node:net';
import { once } from 'node:events';

export interface CountingSocket {
  readonly path: string;
  /** Bytes that went to the engine since the last call. */
  take(): number;
  /** Called with the beginning of the next request that matches, before the engine sees it. Once. */
  before(request: RegExp, work: () => void): void;
}

/** Listens at `path`, for what listens at `target`. */
export async function countingSocket(
  t: ExecutionContext,
  path: string,
  target: string,
): Promise<CountingSocket> {
  let count = 0;
  let hook: { readonly request: RegExp; readonly work: () => void } | undefined;
  const sockets = new Set<Socket>();
  const server = createServer({ allowHalfOpen: true }, (client) => {
    const engine = connect({ path: target, allowHalfOpen: true });
    for (const socket of [client, engine]) {
      sockets.add(socket);
      // A client that goes away is no failure of the test.
      socket.on('error', () => undefined);
      socket.on('close', () => sockets.delete(socket));
    }
    client.on('data', (chunk: Buffer) => {
      count += chunk.length;
      if (!hook?.request.test(chunk.toString('latin1'))) return;
      const { work } = hook;
      hook = undefined;
      work();
    });
    client.pipe(engine);
    engine.pipe(client);
  });
  server.listen(path);
  await once(server, 'listening');
  t.teardown(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
  });
  return {
    path,
    before: (request, work) => void (hook = { request, work }),
    take() {
      const taken = count;
      count = 0;
      return taken;
    },
  };
}
