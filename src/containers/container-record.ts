// What is known of a container, as its files say it. Plain data.
import type { Digest } from '../core/digest.js';
import type { KnownProcess } from '../host/known-process.js';
import type { StoredLayer } from '../store/stored-layer.js';

/** What it is. Written when it is created; replaced as a whole when it is renamed or connected. */
export interface ContainerRecord {
  readonly version: 1;
  /** 64 hexadecimal digits. */
  readonly id: string;
  readonly name: string;
  /** Milliseconds since the epoch. */
  readonly createdAt: number;
  readonly image: ContainerImage;
  readonly config: ContainerConfig;
  readonly host: HostConfig;
  /** In the order in which they are made. */
  readonly mounts: readonly ContainerMount[];
  readonly networks: readonly NetworkAttachment[];
  readonly ports: readonly PublishedPort[];
}

export interface ContainerImage {
  /** As it was asked for: `app:1`. */
  readonly name: string;
  /** Of the manifest, and of the config, which is its id. */
  readonly manifest: Digest;
  readonly config: Digest;
  /** `linux/amd64` */
  readonly platform: string;
  /** Bottom first. All of them are in the store. */
  readonly layers: readonly StoredLayer[];
}

/** The image's config with what was asked, merged (rules/merge-config.ts). Times are in nanoseconds, as docker's. */
export interface ContainerConfig {
  readonly hostname: string;
  readonly domainname: string;
  readonly user: string;
  /** `K=V`, and `K` for one that is taken away. */
  readonly env: readonly string[];
  readonly entrypoint: readonly string[];
  readonly cmd: readonly string[];
  readonly workingDir: string;
  readonly labels: Readonly<Record<string, string>>;
  /** `80/tcp` */
  readonly exposedPorts: readonly string[];
  /** Paths that get a volume. */
  readonly volumes: readonly string[];
  readonly healthcheck?: Healthcheck;
  /** For CMD-SHELL; `["/bin/sh", "-c"]` by default. */
  readonly shell: readonly string[];
  readonly stopSignal: string;
  /** Seconds; -1: for ever. */
  readonly stopTimeout: number;
  readonly isTerminal: boolean;
  readonly isStdinOpen: boolean;
  /** The input ends with the first client that was attached to it. */
  readonly isStdinOnce: boolean;
}

export interface Healthcheck {
  /** `["CMD", …]`, `["CMD-SHELL", text]`, `["NONE"]` */
  readonly test: readonly string[];
  readonly interval?: number;
  readonly timeout?: number;
  readonly startPeriod?: number;
  readonly startInterval?: number;
  readonly retries?: number;
}

export interface RestartPolicy {
  readonly name: 'no' | 'on-failure' | 'always' | 'unless-stopped';
  /** Of `on-failure`; 0: without end. */
  readonly maximumRetries: number;
}

export interface HostConfig {
  readonly isRemovedAtEnd: boolean;
  readonly restart: RestartPolicy;
  readonly init: boolean;
  readonly isReadonlyRootfs: boolean;
  readonly isPrivileged: boolean;
  /** Names without CAP_, upper case; `ALL`. */
  readonly capAdd: readonly string[];
  readonly capDrop: readonly string[];
  readonly securityOpt: readonly string[];
  readonly groupAdd: readonly string[];
  /** `build`: ids as in builds; `keep-id:uid=U,gid=G`: that id of the container is the invoking user. */
  readonly userns: 'build' | { readonly keepUid: number; readonly keepGid: number };
  /** `private`, `host`, `container:ID` */
  readonly pidMode: string;
  readonly ipcMode: string;
  readonly utsMode: string;
  /** `bridge` (the default network), `none`, `host`, `container:ID`, or the name of a user network. */
  readonly networkMode: string;
  readonly extraHosts: readonly { readonly name: string; readonly address: string }[];
  readonly dns: readonly string[];
  readonly dnsSearch: readonly string[];
  readonly dnsOptions: readonly string[];
  readonly isEveryPortPublished: boolean;
  readonly ulimits: readonly { readonly name: string; readonly soft: number; readonly hard: number }[];
  readonly sysctls: Readonly<Record<string, string>>;
  readonly shmSizeBytes: number;
  readonly oomScoreAdj: number;
  readonly devices: readonly { readonly host: string; readonly container: string; readonly access: string }[];
  /** Bytes, nanoseconds of cores, processes. Absent: no limit. */
  readonly memory?: number;
  readonly memorySwap?: number;
  readonly nanoCpus?: number;
  readonly cpuShares?: number;
  readonly cpusetCpus?: string;
  readonly pidsLimit?: number;
  /** Bytes of the log before it is rotated. */
  readonly logMaxBytes: number;
}

export type ContainerMount =
  | {
      readonly type: 'bind';
      /** Absolute path of the host. */
      readonly source: string;
      readonly target: string;
      readonly isReadonly: boolean;
      /** What is mounted below the source is not shown. */
      readonly isShallow: boolean;
      readonly propagation: string;
    }
  | {
      readonly type: 'volume';
      readonly name: string;
      readonly isAnonymous: boolean;
      readonly target: string;
      readonly isReadonly: boolean;
      /** An empty volume does not get what the image has at the target. */
      readonly isNotCopied: boolean;
      /** Below the volume. */
      readonly subpath: string;
    }
  | {
      readonly type: 'tmpfs';
      readonly target: string;
      readonly isReadonly: boolean;
      readonly sizeBytes?: number;
      readonly mode?: number;
      /** `exec`, `suid`, `dev`: what is allowed that is not by default. */
      readonly allowed: readonly string[];
    };

export interface NetworkAttachment {
  /** Of a user network, by id; `bridge` is the default network. */
  readonly networkId: string;
  readonly networkName: string;
  readonly endpointId: string;
  readonly aliases: readonly string[];
  readonly ipAddress?: string;
  readonly prefixLength?: number;
  readonly gateway?: string;
  readonly macAddress?: string;
}

export interface PublishedPort {
  readonly hostIp: string;
  /** 0: any free one, which the state says. */
  readonly hostPort: number;
  /** The first free port from `hostPort` to this one is taken. */
  readonly hostPortLast?: number;
  readonly containerPort: number;
  readonly protocol: 'tcp' | 'udp';
}

export type { KnownProcess };

/** Of the present run, or the last one. */
export interface ContainerState {
  readonly bootId: string;
  /** PID 1 of the container, in the pid namespace of the one that started it. */
  readonly main: KnownProcess;
  readonly monitor: KnownProcess;
  /** In the place of a monitor that was killed: it waits until the container is to be started again, and starts it. */
  readonly finisher?: KnownProcess;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly restartCount: number;
  /** Milliseconds that were waited before this run. */
  readonly restartDelayMs?: number;
  /** Of the monitor: the container's input, or its terminal's master; absent without input. */
  readonly inputDescriptor?: number;
  readonly ports: readonly PublishedPort[];
  readonly networks: readonly NetworkAttachment[];
  /** `stop`, `kill` or `rm` was asked: no restart follows. */
  readonly isStoppedByUser?: boolean;
  /** What else belongs to this run, such as the program that connects its network. */
  readonly helpers: readonly KnownProcess[];
  readonly cgroup?: string;
}

export interface FinishedState {
  /** 128 + n when killed by signal n. */
  readonly exitCode: number;
  readonly isOutOfMemory: boolean;
  /** Why it could not be started, or what became of its monitor. */
  readonly error: string;
  /** Milliseconds since the epoch. */
  readonly startedAt: number;
  readonly finishedAt: number;
  /** What is to be done and has not been done yet; absent: the container stays as it is. */
  readonly next?: NextStep;
}

export type NextStep =
  | { readonly kind: 'remove' }
  | {
      readonly kind: 'restart';
      /** Milliseconds since the epoch. */
      readonly at: number;
      /** Starts again since the last `start`, with this one. */
      readonly count: number;
      readonly delayMs: number;
    };
