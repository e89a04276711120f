// What the front asks of a worker for a container, as plain data: the rootfs and volumes that stay, and the process
// that outlives the worker.
import type { KnownProcess } from '../../host/known-process.js';
import type { ProcessOf, TerminalSize } from '../../sandbox/process-spec.js';
import type { ContainerNetworkPlan } from '../../sandbox/network/connect-container.js';
import type { PortForward } from '../../sandbox/network/container-tool.js';
import type { ControlGroups } from '../../sandbox/cgroup/control-groups.js';
import type { StoredLayer } from '../../store/stored-layer.js';

/** Whose ids root of the container has: as in builds, or that id of the container is the invoking user. */
export type ContainerIds = 'build' | { readonly keepUid: number; readonly keepGid: number };

export interface ContainerGround {
  readonly ids: ContainerIds;
  /** Paths of the record of the anchor, and of its lock (containers/anchor.ts). */
  readonly anchor: string;
  readonly anchorLock: string;
}

export interface OpenContainer {
  /** The container's folder, which exists. Its changes are kept in `rootfs` there. */
  readonly directory: string;
  /** Changes need not be kept: the container is removed when it has ended. */
  readonly isThrownAway: boolean;
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

/** A health check. */
export interface HealthProbe {
  readonly argv: readonly string[];
  /** From the end of a check to the start of the next one, after which it is killed, and so on. */
  readonly intervalMs: number;
  readonly timeoutMs: number;
  /** In which `startIntervalMs` counts instead of `intervalMs`, until a check has succeeded. */
  readonly startPeriodMs: number;
  readonly startIntervalMs: number;
}

export interface ContainerProcess extends Pick<
  ProcessOf<never>,
  'argv' | 'env' | 'cwd' | 'uid' | 'gid' | 'groups' | 'hostname' | 'ulimits' | 'shmSizeBytes'
> {
  readonly mounts: readonly HeldMount[];
  /** `own`: a new network namespace, which gets what `sandbox/network/` gives it. */
  readonly network: 'host' | 'own' | { readonly joined: number };
  /** Process ids whose namespaces are entered instead of new ones. */
  readonly joined: { readonly pid?: 'host'; readonly ipc?: number | 'host'; readonly uts?: 'host' };
  readonly isRootReadonly: boolean;
  readonly isPrivileged: boolean;
  /** Bits of linux/capability.h, in hexadecimal digits. */
  readonly capabilities: string;
  readonly hasNoNewPrivileges: boolean;
  readonly seccomp: 'default' | 'unconfined';
  readonly isNothingMasked: boolean;
  readonly sysctls: Readonly<Record<string, string>>;
  readonly oomScoreAdj: number;
  readonly isInitAdded: boolean;
  readonly hasInput: boolean;
  readonly terminal?: TerminalSize;
  /** The input ends with the first client that had it. */
  readonly isInputOnce: boolean;
  /** A client will follow it to its end. */
  readonly isFollowed: boolean;
  /** And it finishes the run. */
  readonly isFinishedByFollower: boolean;
  readonly logMaxBytes: number;
  readonly probe?: HealthProbe | undefined;
  /** Where there are control groups for it. */
  readonly controlGroups?: ControlGroups | undefined;
  /** What the monitor executes when the container has ended and nobody follows it. */
  readonly finisher: { readonly argv: readonly string[]; readonly env: readonly string[] };
  /** How a network of its own is connected; absent: it has only `lo`. */
  readonly connection?: ContainerNetworkPlan | undefined;
  /** Parts of the state that are known before the start. */
  readonly state: {
    readonly restartCount: number;
    readonly restartDelayMs?: number | undefined;
    readonly networks: readonly unknown[];
  };
}

/** Numbers of processes as this worker sees them; descriptors are the monitor's. */
export interface StartedContainer {
  readonly main: KnownProcess;
  readonly monitor: KnownProcess;
  readonly startedAt: number;
  readonly inputDescriptor?: number | undefined;
  readonly helpers: readonly KnownProcess[];
  readonly ports: readonly PortForward[];
  readonly cgroup?: string | undefined;
}
