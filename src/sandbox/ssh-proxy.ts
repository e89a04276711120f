// RUN --mount=type=ssh: a socket of the step's own, where the worker answers in the place of the agent (ssh-agent/read-only-agent.ts).
// The agent's socket never is in the step's file system.
import { chmodSync, chownSync } from 'node:fs';
import { join } from 'node:path';
import type { Ownership } from '../rootfs/ownership.js';
import { openDirectory } from '../rootfs/path-in-root.js';
import type { MountOf } from './process-spec.js';
import { readOnlyAgent } from '../context/ssh-agent/read-only-agent.js';
import { serveConnections } from '../context/ssh-agent/serve-connections.js';

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
  mount: Extract<MountOf<unknown>, { type: 'ssh' }>,
  { directory, name, ownership }: SshProxyPlace,
): Promise<SshProxy> {
  const server = await serveConnections(openDirectory(directory), name, readOnlyAgent(mount.agentSocket));
  const path = join(directory, name);
  chownSync(path, ownership.idOnDisk(mount.uid), ownership.idOnDisk(mount.gid));
  chmodSync(path, mount.mode);
  return { path, close: () => server.close() };
}
