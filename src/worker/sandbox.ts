// The port between the builder and whatever executes a RUN. Plain data in, plain data out; every driver passes the same suite.
import type { ArrivingLayer, StoredLayer } from '../store/stored-layer.js';

/** A tree that a mount shows: the layers of a stage or image (bottom first), or files copied in from the context. */
export interface MountSource {
  readonly layers: readonly StoredLayer[];
  /** Inside the tree, resolved there with symbolic links confined to it. */
  readonly subpath: string;
}

export type StepMount =
  | {
      readonly type: 'bind';
      readonly target: string;
      readonly source: MountSource;
      readonly isReadonly: boolean;
    }
  | {
      readonly type: 'cache';
      readonly target: string;
      /** Key of the cache directory, already namespaced; any text. */
      readonly id: string;
      readonly sharing: 'shared' | 'private' | 'locked';
      readonly isReadonly: boolean;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
      /** First content of a new cache directory. */
      readonly seed?: MountSource;
      /** Empty the directory first (--no-cache). */
      readonly isReset: boolean;
    }
  | { readonly type: 'tmpfs'; readonly target: string; readonly sizeBytes?: number }
  | {
      readonly type: 'secret';
      readonly target: string;
      readonly data: Uint8Array;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    }
  | {
      readonly type: 'ssh';
      readonly target: string;
      readonly agentSocket: string;
      readonly mode: number;
      readonly uid: number;
      readonly gid: number;
    };

/** One RUN. Everything is resolved: numeric ids, absolute paths, complete environment. */
export interface StepSpec {
  /** Whether the index of the layer gets the digests of contents: for files that may be copied out of it. */
  readonly areContentsHashed: boolean;
  readonly argv: readonly string[];
  /** `K=V`, in order, HOME and PATH included. */
  readonly env: readonly string[];
  /** Absolute. Created 0755, owned by the user, when missing. */
  readonly cwd: string;
  readonly uid: number;
  readonly gid: number;
  readonly groups: readonly number[];
  readonly hostname: string;
  /** `private`: a network of its own that leads outside; `none`: one that has only `lo`. */
  readonly network: 'host' | 'none' | 'private';
  /** All capabilities, no seccomp filter, no masked paths. */
  readonly isInsecure: boolean;
  readonly mounts: readonly StepMount[];
  /** Content of the read-only /etc/resolv.conf and /etc/hosts. */
  readonly resolvConf: string;
  readonly hosts: string;
  /** Read-only files shown to the step (heredoc scripts in /dev/pipes). */
  readonly files: readonly { readonly path: string; readonly content: Uint8Array; readonly mode: number }[];
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly shmSizeBytes: number;
}

export interface StepIo {
  /** Output of the command as it comes. */
  onOutput(stream: 1 | 2, data: Uint8Array): void;
  readonly signal: AbortSignal;
}

export interface StepResult {
  /** 128 + n when killed by signal n. */
  readonly exitCode: number;
  readonly signal?: string;
  readonly isOutOfMemory: boolean;
  /** What a command that failed may have lacked. */
  readonly hint?: string;
  /** What the step changed, as a layer in the store; absent when the command failed. */
  readonly layer?: StoredLayer;
}

export interface Sandbox {
  /** `userns`, `userns-single`, `chroot`. */
  readonly rung: string;
  /**
   * Unpacks what is missing of `layers`, runs the command on them and turns what it changed into a layer blob of the store.
   * A command that fails is a result; a sandbox that cannot be built is an error.
   * @throws TsbuildError SANDBOX_*, STEP_NOT_FOUND (`exec: "x": executable file not found in $PATH`), LAYER_*, STORE_*, ABORTED
   */
  run(layers: readonly StoredLayer[], step: StepSpec, io: StepIo): Promise<StepResult>;
  /**
   * Indexes and unpacks a layer while it is being fetched; its index is in the store then. `below`: the layers below, bottom first.
   * @throws TsbuildError LAYER_*, STORE_*, ABORTED
   */
  unpack(layer: ArrivingLayer, below: readonly StoredLayer[], signal: AbortSignal): Promise<void>;
  /** Resolves when nothing is left of the steps that were run, which is soon after their results. @throws TsbuildError when the sandbox is gone */
  settle(): Promise<void>;
  /** Ends every process and mount. Idempotent. */
  dispose(): Promise<void>;
}
