// Serves an agent on a socket: reads the messages of a client one after the other, and writes the answers. A client can
// harm only its own connection. Each connection holds at most one message, and the number of connections is limited.
import { once } from 'node:events';
import { closeSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import { messagesOf } from './split-messages.js';
import { string } from './wire.js';

/** Answers a message, both without their length; undefined: the connection ends. */
export type Answering = (message: Buffer) => Buffer | Promise<Buffer | undefined>;

export interface AgentServer {
  close(): void;
}

/** Further ones are closed at once. */
const MAX_CONNECTIONS = 256;

/** Listens at `name` in an open directory, whose descriptor it closes when it closes. */
export async function serveConnections(
  directory: number,
  name: string,
  answer: Answering,
): Promise<AgentServer> {
  const open = new Set<Socket>();
  // A client may have said everything before it reads the answer.
  const server = createServer({ allowHalfOpen: true }, (client) => {
    open.add(client);
    client.once('close', () => open.delete(client));
    client.on('error', () => client.destroy());
    void serve(client, answer).finally(() => client.destroy());
  });
  server.maxConnections = MAX_CONNECTIONS;
  // Addresses of sockets are limited to 107 bytes; through the descriptor the path of the store does not count.
  server.listen(`/proc/self/fd/${directory}/${name}`);
  await once(server, 'listening');
  return {
    close() {
      // The server removes its name through the descriptor.
      server.close(() => closeSync(directory));
      for (const client of open) client.destroy();
    },
  };
}

/** Never rejects for what a client does. */
async function serve(client: Socket, answer: Answering): Promise<void> {
  try {
    for await (const message of messagesOf(client)) {
      const reply = await answer(message);
      if (!reply) return;
      if (!(await write(client, string(reply)))) return;
    }
  } catch (error) {
    // A client may hang up at any moment, also while it is being answered.
    if (!client.destroyed) throw error;
  }
}

/** Resolves when the kernel has taken the bytes; false: the client is gone. */
function write(client: Socket, bytes: Buffer): Promise<boolean> {
  return new Promise((resolve) => client.write(bytes, (error) => resolve(!error)));
}
