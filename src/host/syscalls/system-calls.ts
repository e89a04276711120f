// The system calls Node has no function for. Loaded only by processes that need them: the package koffi costs 25 ms.
import { loadBinding, type Binding } from './binding.js';
import { fileCalls, type FileCalls } from './file-calls.js';
import { keeperCalls, type KeeperCalls } from './keeper-calls.js';
import { landlockCalls, type LandlockCalls } from './landlock-calls.js';
import { mountCalls, type MountCalls } from './mount-calls.js';
import { netlinkCalls, type NetlinkCalls } from './netlink-calls.js';
import { processCalls, type ProcessCalls } from './process-calls.js';
import { terminalCalls, type TerminalCalls } from './terminal-calls.js';
import { seccompCalls, type SeccompCalls } from './seccomp-calls.js';
import { socketCalls, type SocketCalls } from './socket-calls.js';
import { walkCalls, type WalkCalls } from './walk-calls.js';
import { spawnCalls, type SpawnCalls } from './spawn-calls.js';
import { streamSocketCalls, type StreamSocketCalls } from './stream-socket-calls.js';

/**
 * Every function throws a `SystemCallError` (binding.ts) carrying errno and the name of the call, unless it says
 * otherwise.
 */
export interface SystemCalls
  extends
    FileCalls,
    WalkCalls,
    MountCalls,
    ProcessCalls,
    SeccompCalls,
    LandlockCalls,
    KeeperCalls,
    Pick<Binding, 'together' | 'later'> {
  /** Bound at the first use: few processes have a terminal. */
  terminals(): TerminalCalls;
  /** The same. */
  sockets(): SocketCalls;
  /** Bound at the first use: few processes set up a network. */
  netlink(): NetlinkCalls;
}

/** Of this process, which can also start others. */
export interface OwnSystemCalls extends SystemCalls, SpawnCalls {
  /** Bound at the first use: builds have none. */
  streamSockets(): StreamSocketCalls;
}

/** @throws TsbuildError SANDBOX_NO_KOFFI */
export async function loadSyscalls(): Promise<OwnSystemCalls> {
  const binding = await loadBinding();
  return {
    ...systemCalls(binding),
    ...spawnCalls(binding),
    streamSockets: () => streamSocketCalls(binding),
  };
}

/** Made by whatever process the binding speaks for. */
export function systemCalls(binding: Binding): SystemCalls {
  const { together, later } = binding;
  const files = fileCalls(binding);
  return {
    ...files,
    ...walkCalls(binding),
    ...mountCalls(binding),
    ...processCalls(binding),
    ...seccompCalls(binding),
    ...landlockCalls(binding),
    ...keeperCalls(binding),
    together,
    later,
    terminals: () => terminalCalls(binding, files),
    sockets: () => socketCalls(binding),
    netlink: () => netlinkCalls(binding, files),
  };
}
