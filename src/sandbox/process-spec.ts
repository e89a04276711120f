// A process in a sandbox as it is asked for, as plain data. `Tree` is how a mount names the files that it shows: layers
// for the caller of a sandbox (worker/sandbox.ts), a directory for the code here that starts the process.

/** `stream`: bytes that the caller writes. `none`: the standard input is empty. */
export type StandardInput = 'none' | 'stream';

export interface TerminalSize {
  readonly columns: number;
  readonly rows: number;
}

export type MountOf<Tree> =
  | {
      readonly type: 'bind';
      readonly target: string;
      readonly source: Tree;
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
      readonly seed?: Tree;
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

/** All values are resolved: numeric ids, absolute paths, a complete environment. */
export interface ProcessOf<Tree> {
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
  readonly mounts: readonly MountOf<Tree>[];
  /** Content of the read-only /etc/resolv.conf and /etc/hosts. */
  readonly resolvConf: string;
  readonly hosts: string;
  /** Read-only files that the process is shown (heredoc scripts in /dev/pipes). */
  readonly files: readonly { readonly path: string; readonly content: Uint8Array; readonly mode: number }[];
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly shmSizeBytes: number;
  /** `none` by default. Ignored with a terminal, to which the caller can always write. */
  readonly stdin?: StandardInput;
  /**
   * The three standard descriptors are one terminal of this size, which is the controlling one (setsid(2), TIOCSCTTY of
   * ioctl_tty(2)). Pipes by default.
   */
  readonly terminal?: TerminalSize;
}

/** For code that does not read the trees of mounts. */
export type AnyProcess = ProcessOf<unknown>;
