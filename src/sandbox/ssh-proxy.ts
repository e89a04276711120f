// A socket for one command, on which the worker answers instead of the user's agent (ssh-agent/read-only-agent.ts). The
// agent's own socket is never in the rootfs.
import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import type { Ownership } from '../rootfs/ownership.js';
import { openDirectory } from '../rootfs/path-in-root.js';
import { readOnlyAgent } from '../ssh-agent/read-only-agent.js';
import { serveConnections } from '../ssh-agent/serve-connections.js';

export interface AgentSocket {
  /** Where the agent listens. */
  readonly agentSocket: string;
  /** Mode and owner of the socket that the command sees. */
  readonly mode: number;
  readonly uid: number;
  readonly gid: number;
}

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
  socket: AgentSocket,
  { directory, name, ownership }: SshProxyPlace,
): Promise<SshProxy> {
  const server = await serveConnections(openDirectory(directory), name, readOnlyAgent(socket.agentSocket));
  const path = join(directory, name);
  chownSync(path, ownership.idOnDisk(socket.uid), ownership.idOnDisk(socket.gid));
  chmodSync(path, socket.mode);
  return { path, close: () => server.close() };
}
