// An ssh agent without keys that remembers what it was asked: it has no identities and signs with nothing.
import { once } from 'node:events';
import { createServer } from 'node:net';

export interface FakeAgent {
  readonly path: string;
  /** Types of the messages that reached it. */
  readonly asked: readonly number[];
  close(): void;
}

export async function fakeAgent(path: string): Promise<FakeAgent> {
  const asked: number[] = [];
  const server = createServer((client) => {
    client.on('error', () => client.destroy());
    client.on('data', (bytes: Buffer) => {
      const type = bytes[4] ?? 0;
      asked.push(type);
      client.write(Buffer.of(0, 0, 0, 5, type + 1, 0, 0, 0, 0));
    });
  }).listen(path);
  await once(server, 'listening');
  return { path, asked, close: () => void server.close() };
}
