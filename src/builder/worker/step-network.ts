// The network of one step after the other: a namespace with `lo` up, connected by pasta or slirp4netns when it is needed.
import { accessSync, closeSync, constants, openSync } from 'node:fs';
import { TsbuildError } from '../../core/errors.js';
import type { AttachedNetwork } from '../network/attach-network.js';
import type { NetworkTool } from '../network/network-tool.js';
import { errorOf, failureOf } from '../sandbox/failure-message.js';
import type { OwnSystemCalls } from '../sandbox/syscalls.js';
import { isSystemCallError } from '../sandbox/syscalls/binding.js';
import { CLONE_NEWNET } from '../sandbox/syscalls/process-calls.js';
import type { ChildExits } from './child-exits.js';
import { openSocketWatch, type SocketWatch } from './socket-watch.js';
import type { Launcher, LauncherStarter } from './start-launcher.js';

export interface StepNetwork {
  /** Descriptor of the namespace. */
  readonly fd: number;
  /** For a step that does not wait for the connection; undefined once somebody has asked for it, or where every step waits. */
  waiting(): WaitingNetwork | undefined;
  /** Resolves when it leads outside. @throws TsbuildError SANDBOX_NO_NETWORK */
  connect(): Promise<void>;
  close(): void;
}

/** A network that is connected when its step asks for a socket. */
export interface WaitingNetwork {
  /** Encoded filter that traps what asks. */
  readonly filter: Uint8Array;
  /** Descriptor of a socket over which the launcher sends the listener of the filter, before `watch`. */
  readonly inlet: number;
  /** @param onFailure the network cannot be connected, and what has asked waits for ever. @returns ends the watch, when the step is over */
  watch(onFailure: (error: TsbuildError) => void): () => void;
}

export interface StepNetworkOptions {
  readonly tool: NetworkTool;
  readonly starter: LauncherStarter;
  readonly exits: ChildExits;
  /** Encoded filter (sandbox/seccomp/network-traps.ts); absent: the network is connected from the start. */
  readonly traps?: Uint8Array | undefined;
}

/** @throws TsbuildError SANDBOX_NO_NETWORK when the kernel refuses one, or the tool is no program */
export function makeStepNetwork(calls: OwnSystemCalls, options: StepNetworkOptions): StepNetwork {
  const { starter, exits, tool, traps } = options;
  requireExecutable(tool);
  const watch = traps && openSocketWatch(calls, starter);
  // It holds the namespace, by which the tool knows that it is in use.
  const holder = watch?.holder ?? starter.start([]);
  const release = (): void => (watch ?? holder).close();
  void exits.of(holder.pid);
  makeNamespace(holder, release);
  const fd = openSync(`/proc/${holder.pid}/ns/net`, 'r');
  let attached: Promise<AttachedNetwork> | undefined;

  async function attach(): Promise<AttachedNetwork> {
    const { attachNetwork } = await import('../network/attach-network.js');
    return attachNetwork(calls, tool, holder.pid);
  }

  async function connect(): Promise<void> {
    attached ??= attach();
    await attached;
  }

  // Whoever takes it gets the error.
  if (!watch) connect().catch(() => undefined);
  return {
    fd,
    connect,
    waiting: () =>
      traps && watch && !attached
        ? { filter: traps, inlet: watch.inlet, watch: (onFailure) => follow(watch, connect, onFailure) }
        : undefined,
    close() {
      attached?.then(
        (network) => network.close(),
        () => undefined,
      );
      closeSync(fd);
      release();
    },
  };
}

function follow(
  watch: SocketWatch,
  connect: () => Promise<void>,
  onFailure: (error: TsbuildError) => void,
): () => void {
  let isOver = false;
  const fail = (error: unknown): void => {
    if (!isOver) onFailure(error instanceof TsbuildError ? error : errorOf(failureOf(error)));
  };
  watch.begin({
    onCall: () => {
      connect().then(() => {
        // The step may have ended meanwhile, and another one begun.
        if (!isOver) watch.release();
      }, fail);
    },
    onGone: fail,
  });
  return () => {
    isOver = true;
    watch.end();
  };
}

/** Before a step is executed, not when it first asks for a socket. */
function requireExecutable({ name, program }: NetworkTool): void {
  try {
    accessSync(program, constants.X_OK);
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause);
    throw noNetwork(`${name} cannot connect a RUN step: ${reason}`, cause);
  }
}

/** Still as the invoking user, whose processes the tool may look at. */
function makeNamespace({ calls }: Launcher, release: () => void): void {
  try {
    calls.unshare(CLONE_NEWNET);
    calls.bringLoopbackUp();
    // Holding it needs none.
    calls.setCapabilities(0n);
  } catch (cause) {
    release();
    const reason = isSystemCallError(cause) ? cause.message : String(cause);
    throw noNetwork(`the kernel refuses a network namespace: ${reason}`, cause);
  }
}

function noNetwork(message: string, cause: unknown): TsbuildError {
  return new TsbuildError('SANDBOX_NO_NETWORK', message, {
    hint: 'use --network host, or --network none',
    cause,
  });
}
