// The agents of --ssh: sockets of agents that run already, and an agent of tsbuild for each id that is given key files.
// Key files are read when the build starts. Such an agent listens from the first command that asks for it until the
// build ends.
import { readFileSync, statSync } from 'node:fs';
import { resolve } from 'node:path';
import { errnoWords } from '../core/errno.js';
import { TsbuildError } from '../core/errors.js';
import { readAgentKey, type AgentKey } from './agent-key.js';
import type { ListeningAgent } from './listen.js';

/** Sockets of agents, or files with private keys. No paths: the agent of SSH_AUTH_SOCK. */
export interface SshSource {
  readonly id: string;
  readonly paths: readonly string[];
}

export interface SshAgents {
  /** The socket of that id; undefined when the build has none. */
  socketOf(id: string): Promise<string | undefined>;
  has(id: string): boolean;
  close(): Promise<void>;
}

export interface SshPlaces {
  readonly env: NodeJS.ProcessEnv;
  /** Relative paths are relative to it. */
  readonly cwd: string;
  /** A new path for a directory of the agent. */
  temporaryPath(): string;
}

type Agent = { readonly socket: string } | { readonly keys: readonly AgentKey[] };

/** BuildKit's limit for a key file. */
const MAX_BYTES = 100 << 10;

/**
 * Reads all keys, as buildx does, so that a wrong path fails the build at its start.
 * @throws TsbuildError OPTION_INVALID
 */
export function openSshAgents(sources: readonly SshSource[], places: SshPlaces): SshAgents {
  // The first of an id counts.
  const agents = new Map(sources.toReversed().map((source) => [source.id, agentOf(source, places)]));
  const listening = new Map<string, Promise<ListeningAgent>>();
  const start = (id: string, keys: readonly AgentKey[]): Promise<ListeningAgent> => {
    const started =
      listening.get(id) ?? import('./listen.js').then(({ listen }) => listen(keys, places.temporaryPath()));
    listening.set(id, started);
    return started;
  };
  return {
    async socketOf(id) {
      const agent = agents.get(id);
      if (!agent) return undefined;
      return 'keys' in agent ? (await start(id, agent.keys)).path : agent.socket;
    },
    has: (id) => agents.has(id),
    async close() {
      for (const started of await Promise.allSettled(listening.values()))
        if (started.status === 'fulfilled') started.value.close();
    },
  };
}

function agentOf(source: SshSource, { env, cwd }: SshPlaces): Agent {
  if (source.paths.length === 0) return { socket: ownAgent(source, env) };
  const paths = source.paths.map((path) => resolve(cwd, path));
  const sockets = paths.filter((path) => isSocket(source, path));
  if (sockets.length === 0) return { keys: paths.map((path) => keyOf(source, path)) };
  if (paths.length > 1) throw invalid(source, 'one socket, or key files, but not both');
  return { socket: sockets[0]! };
}

/** As buildx, which asks for it when the build starts. */
function ownAgent({ id }: SshSource, env: NodeJS.ProcessEnv): string {
  const socket = env['SSH_AUTH_SOCK'];
  if (socket) return socket;
  throw new TsbuildError('OPTION_INVALID', `ssh ${id}: no agent: the variable SSH_AUTH_SOCK is not set`, {
    hint: `start one (eval $(ssh-agent); ssh-add), or give --ssh ${id}=KEYFILE`,
  });
}

function isSocket(source: SshSource, path: string): boolean {
  return inFile(source, path, () => statSync(path).isSocket());
}

function keyOf(source: SshSource, path: string): AgentKey {
  const { size } = inFile(source, path, () => statSync(path));
  if (size > MAX_BYTES)
    throw invalid(source, `${path} is no private key: it has more than ${MAX_BYTES} bytes`);
  const read = readAgentKey(inFile(source, path, () => readFileSync(path, 'latin1')));
  if ('key' in read) return read.key;
  const problem = {
    passphrase: 'is a key with a passphrase, which is not supported',
    unreadable: 'is neither a socket nor a private key that can be read',
    unsupported: 'is a key of another kind than Ed25519, RSA and ECDSA with a NIST curve',
  }[read.problem];
  throw invalid(source, `${path} ${problem}`);
}

function inFile<T>(source: SshSource, path: string, work: () => T): T {
  try {
    return work();
  } catch (error) {
    throw invalid(source, `cannot read ${path}: ${errnoWords(error) ?? String(error)}`, error);
  }
}

function invalid({ id }: SshSource, what: string, cause?: unknown): TsbuildError {
  return new TsbuildError('OPTION_INVALID', `ssh ${id}: ${what}`, {
    cause,
    hint: `add the key to an agent and give --ssh ${id}=SOCKET, or check the path in --ssh ${id}=…`,
  });
}
