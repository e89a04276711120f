// The port between whoever wants something executed and whatever executes it: a file system over layers, processes in
// it, and what they changed as a layer. Plain data in, plain data out; every rung passes the same suite.
import type { MountOf, ProcessOf } from '../sandbox/process-spec.js';
import type { RestoredMount, SavedCache } from '../rootfs/carried-cache.js';
export type { RestoredMount, SavedCache };
import type { ArrivingLayer, StoredLayer } from '../store/stored-layer.js';

/** A tree that a mount shows: layers, bottom first. */
export interface MountSource {
  readonly layers: readonly StoredLayer[];
  /** Inside the tree, resolved there with symbolic links confined to it. */
  readonly subpath: string;
}

export type MountSpec = MountOf<MountSource>;
export type ProcessSpec = ProcessOf<MountSource>;

export interface Sandbox {
  /** `userns`, `userns-single`, `chroot`. */
  readonly rung: string;
  /**
   * Unpacks what is missing of `layers` (bottom first) and opens a file system over them that takes changes. It
   * resolves as soon as it can be asked for something, so that a process can be started without waiting: what keeps it
   * from being opened, the end of `signal` too, is the error of the first thing that is asked of it.
   * @throws TsbuildError ABORTED when `signal` is aborted already, SANDBOX_FAILED when the sandbox is gone
   */
  openRootfs(layers: readonly StoredLayer[], signal: AbortSignal): Promise<OpenRootfs>;
  /**
   * Indexes and unpacks a layer while it is being fetched; its index is in the store then. `below`: the layers below,
   * bottom first.
   * @throws TsbuildError LAYER_*, STORE_*, ABORTED
   */
  unpack(layer: ArrivingLayer, below: readonly StoredLayer[], signal: AbortSignal): Promise<void>;
  /** The contents of cache mounts, to be carried from one machine to another. */
  readonly caches: SandboxCaches;
  /**
   * Resolves when nothing is left of what was closed, which is soon after it.
   * @throws TsbuildError for what could not be cleaned up, and when the sandbox is gone
   */
  settle(): Promise<void>;
  /** Ends every process and mount. Idempotent. */
  dispose(): Promise<void>;
}

/** `id`: as in a mount of a process. */
export interface SandboxCaches {
  /** Whether a process would find content. @throws TsbuildError SANDBOX_* */
  isThere(id: string): Promise<boolean>;
  /**
   * Makes the content out of a layer of the store, unless there is content by then.
   * @throws TsbuildError LAYER_*, STORE_*, SANDBOX_*, ABORTED; nothing is there then
   */
  restore(mount: RestoredMount, layer: StoredLayer, signal: AbortSignal): Promise<void>;
  /**
   * Makes the content a layer of the store.
   * @param maxBytes of the files
   * @throws TsbuildError LAYER_LIMIT, STORE_*, SANDBOX_*, ABORTED
   */
  save(id: string, maxBytes: number, signal: AbortSignal): Promise<SavedCache>;
}

export interface OpenRootfs {
  /**
   * Starts one process; one at a time, any number after each other. Resolves when the command was executed.
   * @throws TsbuildError SANDBOX_*, LAYER_*, STORE_*, ABORTED; STEP_NOT_FOUND for a command that cannot be started
   * (`exec: "x": executable file not found in $PATH`)
   */
  start(process: ProcessSpec, io: ProcessIo): Promise<SandboxProcess>;
  /**
   * What was changed since it was opened, as a layer of the store. Once, when no process runs; it is closed by it.
   * @throws TsbuildError SANDBOX_*, LAYER_*, STORE_*, ABORTED
   */
  snapshot(options: SnapshotOptions): Promise<StoredLayer>;
  /**
   * Ends what runs in it and throws away what was not taken. Idempotent; need not be waited for: it begins at once.
   * `settle` tells what could not be cleaned up.
   */
  close(): Promise<void>;
}

export interface SnapshotOptions {
  /** Whether the index of the layer gets the digests of contents: for files that may be copied out of it. */
  readonly areContentsHashed: boolean;
  readonly signal: AbortSignal;
}

export interface ProcessIo {
  /** Output as it comes; with a terminal all of it is stream 1. */
  onOutput(stream: 1 | 2, data: Uint8Array): void;
  /** Kills the process: `start`, or `wait`, then throws ABORTED. */
  readonly signal: AbortSignal;
}

export interface SandboxProcess {
  /**
   * To the standard input, or the terminal. Resolves when all of it was taken, which takes as long as the process does
   * not read: false when nobody reads it any more.
   * @throws TsbuildError INTERNAL for a process without a standard input
   */
  write(data: Uint8Array): Promise<boolean>;
  /**
   * What was written before comes first. On a terminal it is the character for the end of a file (VEOF of termios(3),
   * ^D).
   */
  endInput(): void;
  /**
   * Sends a signal to the process alone, not to its children. Nothing when it has ended. Where it is process 1 of its
   * pid namespace, on all rungs but `chroot`, the kernel throws a signal away that it has no handler for, but for
   * SIGKILL and SIGSTOP, which come from outside of the namespace (pid_namespaces(7)): a `sleep` ends with SIGKILL
   * only. What is typed at a terminal (^C) reaches the foreground processes of the terminal by the same rule.
   */
  kill(signal: NodeJS.Signals): void;
  /**
   * Of the terminal; the foreground processes get SIGWINCH.
   * @throws TsbuildError INTERNAL for a process without a terminal
   */
  resize(size: { readonly columns: number; readonly rows: number }): void;
  /**
   * When it has ended, nothing of its pid namespace runs any more and all output was given out. May be asked more than
   * once.
   * @throws TsbuildError SANDBOX_* when it had to be ended since something that it needs is gone, ABORTED
   */
  wait(): Promise<ProcessExit>;
}

export interface ProcessExit {
  /** 128 + n when killed by signal n. */
  readonly exitCode: number;
  readonly signal?: string;
  readonly isOutOfMemory: boolean;
  /** What a command that failed may have lacked. */
  readonly hint?: string;
}
