// An agent that listens on a socket of a directory of its own, which no other user can look into.
import { once } from 'node:events';
import { chmodSync, closeSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { join } from 'node:path';
import type { AgentKey } from './agent-key.js';
import { answer, createSplitter } from './answer.js';
import { string } from './wire.js';

export interface ListeningAgent {
  readonly path: string;
  close(): void;
}

/** @param directory is made, and removed at the end */
export async function listen(keys: readonly AgentKey[], directory: string): Promise<ListeningAgent> {
  mkdirSync(directory, { mode: 0o700 });
  const open = new Set<Socket>();
  const server = createServer((client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    serve(keys, client);
  });
  // Addresses of sockets are limited to 107 bytes; through the descriptor the path of the store does not count.
  const fd = openSync(directory, 'r');
  server.listen(`/proc/self/fd/${fd}/agent`);
  await once(server, 'listening');
  const path = join(directory, 'agent');
  chmodSync(path, 0o600);
  return {
    path,
    close() {
      // The server removes its name through the descriptor.
      server.close(() => closeSync(fd));
      for (const client of open) client.destroy();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}

function serve(keys: readonly AgentKey[], client: Socket): void {
  const split = createSplitter();
  client.on('error', () => client.destroy());
  client.on('data', (bytes) => {
    const messages = split(bytes);
    if (!messages) return void client.destroy();
    for (const message of messages) client.write(string(answer(keys, message)));
  });
}
