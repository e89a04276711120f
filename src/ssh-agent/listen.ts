// An agent that listens on a socket of a directory of its own, which no other user can look into.
import { chmodSync, mkdirSync, openSync, rmSync } from 'node:fs';
import { join } from 'node:path';
import type { AgentKey } from './agent-key.js';
import { answer } from './answer.js';
import { serveConnections } from './serve-connections.js';

export interface ListeningAgent {
  readonly path: string;
  close(): void;
}

/** @param directory is made, and removed at the end */
export async function listen(keys: readonly AgentKey[], directory: string): Promise<ListeningAgent> {
  mkdirSync(directory, { mode: 0o700 });
  const name = 'agent';
  const server = await serveConnections(openSync(directory, 'r'), name, (message) => answer(keys, message));
  const path = join(directory, name);
  chmodSync(path, 0o600);
  return {
    path,
    close() {
      server.close();
      rmSync(directory, { recursive: true, force: true });
    },
  };
}
