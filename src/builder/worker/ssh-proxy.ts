// RUN --mount=type=ssh: a socket of the step's own, whose connections the worker hands to the agent. The agent's socket never is in the
// step's file system.
import { chmodSync, chownSync, closeSync } from 'node:fs';
import { connect, createServer, Socket } from 'node:net';
import { basename, dirname, join } from 'node:path';
import { once } from 'node:events';
import type { Ownership } from '../rootfs/ownership.js';
import { openDirectory } from '../sandbox/path-in-root.js';
import type { StepMount } from '../sandbox/sandbox.js';

export interface SshProxy {
  readonly path: string;
  close(): void;
}

export interface SshProxyPlace {
  readonly directory: string;
  readonly name: string;
  readonly ownership: Ownership;
}

/** Listens at `directory/name`. */
export async function startSshProxy(
  mount: Extract<StepMount, { type: 'ssh' }>,
  { directory, name, ownership }: SshProxyPlace,
): Promise<SshProxy> {
  const open = new Set<Socket>();
  const server = createServer((client) => {
    const agent = connectTo(mount.agentSocket);
    for (const [from, to] of [
      [client, agent],
      [agent, client],
    ] as const) {
      open.add(from);
      from.once('close', () => {
        open.delete(from);
        to.destroy();
      });
      // Either side may hang up; the other one is then closed.
      from.on('error', () => from.destroy());
      from.pipe(to);
    }
  });
  // Addresses of sockets are limited to 107 bytes; through the descriptor the path of the store does not count.
  const fd = openDirectory(directory);
  server.listen(`/proc/self/fd/${fd}/${name}`);
  await once(server, 'listening');
  const path = join(directory, name);
  chownSync(path, ownership.idOnDisk(mount.uid), ownership.idOnDisk(mount.gid));
  chmodSync(path, mount.mode);
  return {
    path,
    close() {
      // The server removes its name through the descriptor.
      server.close(() => closeSync(fd));
      for (const socket of open) socket.destroy();
    },
  };
}

/** Through the descriptor of its directory: the agent of a build lies in the store, whose path may be long. */
function connectTo(path: string): Socket {
  let fd: number;
  try {
    fd = openDirectory(dirname(path));
  } catch (error) {
    // Is seen as any other connection that fails.
    return new Socket().destroy(error as Error);
  }
  const agent = connect(`/proc/self/fd/${fd}/${basename(path)}`);
  closeSync(fd);
  return agent;
}
