// What the front asks of a worker for a container, as plain data: the rootfs and volumes that stay, and the process
// that outlives the worker.
import type { ProcessOf, TerminalSize } from '../../sandbox/process-spec.js';
import type { StoredLayer } from '../../store/stored-layer.js';

/** Whose ids root of the container has: as in builds, or that id of the container is the invoking user. */
export type ContainerIds = 'build' | { readonly keepUid: number; readonly keepGid: number };

export interface OpenContainer {
  /** The container's folder, which exists. Its changes are kept in `rootfs` there. */
  readonly directory: string;
  /** Bottom first. */
  readonly layers: readonly StoredLayer[];
  /** Of volumes that must exist, each with what it gets when it is empty. */
  readonly volumes: readonly {
    /** The folder of its content. */
    readonly directory: string;
    /** Path in the rootfs whose content an empty volume gets. */
    readonly seed?: string;
  }[];
}

/** What the front needs to resolve a user; empty where the rootfs has no such file. */
export interface OpenedContainer {
  readonly passwd: string;
  readonly group: string;
}

export type HeldMount =
  | {
      /** A directory or file of the host or of a volume. */
      readonly type: 'bind';
      readonly source: string;
      readonly subpath: string;
      readonly target: string;
      readonly isReadonly: boolean;
      readonly isRecursive: boolean;
    }
  | {
      readonly type: 'tmpfs';
      readonly target: string;
      readonly isReadonly: boolean;
      readonly sizeBytes?: number;
      readonly mode?: number;
      /** MOUNT_NOSUID and so on. */
      readonly attributes: number;
    };

export interface ContainerProcess extends Pick<
  ProcessOf<never>,
  'argv' | 'env' | 'cwd' | 'uid' | 'gid' | 'groups' | 'hostname' | 'ulimits' | 'shmSizeBytes'
> {
  readonly mounts: readonly HeldMount[];
  /** `own`: a new network namespace, which gets what `sandbox/network/` gives it. */
  readonly network: 'host' | 'own' | { readonly joined: number };
  /** Process ids whose namespaces are entered instead of new ones. */
  readonly joined: { readonly pid?: number | 'host'; readonly ipc?: number | 'host'; readonly uts?: 'host' };
  readonly isRootReadonly: boolean;
  readonly isPrivileged: boolean;
  /** Bits of linux/capability.h. */
  readonly capabilities: bigint;
  readonly hasNoNewPrivileges: boolean;
  readonly seccomp: 'default' | 'unconfined' | { readonly profile: unknown };
  readonly isNothingMasked: boolean;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly oomScoreAdj: number;
  readonly isInitAdded: boolean;
  readonly hasInput: boolean;
  readonly terminal?: TerminalSize;
}
